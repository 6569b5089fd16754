// SPDX-License-Identifier: Apache-2.0
// By amqplib, what amqp_clients.py does: publishes the messages m1 to m6 to the queue `letters`, each
// with a confirm that it waits for, then takes and acknowledges six. Ends with the first error.
const amqp = require('amqplib');

const queue = 'letters';
const ids = [1, 2, 3, 4, 5, 6].map((number) => `m${number}`);

async function main() {
  const connection = await amqp.connect(process.env.CUTPOINT_AMQP_URL);
  const lost = new Promise((_, reject) => {
    connection.on('error', reject);
    connection.on('close', () => reject(new Error('the connection is lost')));
  });
  await Promise.race([lost, work(connection)]);
  await Promise.all([lost.catch(() => {}), connection.close()]);
}

async function work(connection) {
  const channel = await connection.createConfirmChannel();
  for (const id of ids) {
    channel.publish('', queue, Buffer.from(id), {messageId: id, persistent: true});
    await channel.waitForConfirms();
  }
  let taken = 0;
  await new Promise((resolve) => {
    channel.consume(queue, (message) => {
      channel.ack(message);
      taken += 1;
      if (taken === ids.length) resolve();
    });
  });
  await channel.close();
}

main().catch((error) => {
  console.error(error);
  process.exit(1);
});
