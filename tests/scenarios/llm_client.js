// SPDX-License-Identifier: Apache-2.0
// Asks a language model's host by Node's fetch or https (HTTP/1.1) until it has been silent and has answered
// again. NODE_EXTRA_CA_CERTS and --tls-min-v…, --tls-max-v… are Node's own.
//   usage: llm_client.js fetch|https
// Exit code 0: one question was not answered within 0.5 s, and three in a row were after that.
const https = require('https');
const agent = new https.Agent({keepAlive: true});
const url = process.env.CUTPOINT_LLM_URL + '/v1beta/models/m:generateContent';
const body = JSON.stringify({contents: [{role: 'user', parts: [{text: 'Count to five.'}]}]});

async function ask_by_fetch() {
  const response = await fetch(url, {
    method: 'POST', headers: {'content-type': 'application/json'}, body,
    signal: AbortSignal.timeout(500),
  });
  await response.json();
}

// It writes before the handshake is done.
function ask_by_https() {
  return new Promise((resolve, reject) => {
    const request = https.request(url, {
      method: 'POST', agent, headers: {'content-type': 'application/json'},
      signal: AbortSignal.timeout(500),
    }, (response) => {
      response.on('end', resolve);
      response.on('error', (error) => reject(error.cause ?? error));
      response.resume();
    });
    request.on('error', (error) => reject(error.cause ?? error));
    request.end(body);
  });
}

async function main() {
  const ask = process.argv[2] === 'https' ? ask_by_https : ask_by_fetch;
  // A program's uprobes are there some milliseconds after it was started, and nothing tells it when.
  await new Promise((resolve) => setTimeout(resolve, 500));
  let silent = false;
  let answers = 0;
  for (let questions = 0; !silent || answers < 3; ++questions) {
    if (questions === 100) throw new Error('no silence and recovery in 100 questions');
    try {
      await ask();
      ++answers;
    } catch (error) {
      if (error.name !== 'TimeoutError') throw error;
      silent = true;
      answers = 0;
    }
    await new Promise((resolve) => setTimeout(resolve, 20));
  }
  agent.destroy();
}

main().catch((error) => {
  console.error(error);
  process.exitCode = 1;
});
