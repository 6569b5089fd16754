// SPDX-License-Identifier: Apache-2.0
// The observer's view of tables: the workload's own, and those that invariants name.
#include <fmt/format.h>
#include <string_view>

#include "probes/postgres/observer_impl.h"

namespace cutpoint::probes {
namespace {

// One Query message: all of it or nothing. No key on order_id: a duplicate must be able to exist.
constexpr std::string_view create_tables = R"(
DROP TABLE IF EXISTS products, variants;
CREATE TABLE products (order_id bigint NOT NULL, attempt int NOT NULL, xid xid8 NOT NULL);
CREATE TABLE variants (order_id bigint NOT NULL, attempt int NOT NULL, xid xid8 NOT NULL);
GRANT SELECT, INSERT ON products, variants TO PUBLIC)";

// What of these names would be dropped, with its columns.
constexpr std::string_view existing_tables = R"(
SELECT c.relname, string_agg(a.attname || ' ' || format_type(a.atttypid, a.atttypmod), ', '
                             ORDER BY a.attnum)
FROM pg_class c JOIN pg_attribute a ON a.attrelid = c.oid AND a.attnum > 0 AND NOT a.attisdropped
WHERE c.oid IN (to_regclass('products'), to_regclass('variants')) GROUP BY c.relname)";
constexpr std::string_view own_columns = "order_id bigint, attempt integer, xid xid8";

struct TableState {
  std::string name;
  bool exists = false;
  bool has_column = false;
  bool readable = false;
};

Error missing(const std::string& what) {
  return {ExitCode::unavailable, what,
          "create what is missing in the database of the connection string, correct tables: and "
          "by:, or use schema: create for the workload's own tables"};
}

Status judge(const std::vector<TableState>& tables, const std::string& by) {
  std::vector<std::string> absent;
  std::vector<std::string> without_column;
  std::vector<std::string> unreadable;
  for (const auto& table : tables) {
    if (!table.exists) {
      absent.push_back(table.name);
    } else if (!table.has_column) {
      without_column.push_back(table.name);
    } else if (!table.readable) {
      unreadable.push_back(table.name);
    }
  }
  if (!absent.empty()) return missing(fmt::format("no such table: {}", fmt::join(absent, ", ")));
  if (!without_column.empty()) {
    return missing(fmt::format("no column {} in table: {}", by, fmt::join(without_column, ", ")));
  }
  if (!unreadable.empty()) {
    const auto list = fmt::format("{}", fmt::join(unreadable, ", "));
    return Error{ExitCode::unavailable, "no privilege to read table: " + list,
                 "GRANT SELECT ON " + list + " TO the user of the connection string"};
  }
  return {};
}

}  // namespace

std::string quote_name(const std::string& name) {
  std::string result = "\"";
  for (const char c : name) {
    if (c == '"') result += '"';
    result += c;
  }
  return result + "\"";
}

std::string quote_table(const std::string& table) {
  const auto dot = table.find('.');
  if (dot == std::string::npos) return quote_name(table);
  return quote_name(table.substr(0, dot)) + "." + quote_name(table.substr(dot + 1));
}

Status Observer::create_schema() {
  const auto existing =
      impl_->query("looking for products and variants", std::string(existing_tables));
  if (!existing) return existing.error();
  for (const auto& table : *existing) {
    if (table.at(1).c_str() == own_columns) continue;
    return Error{ExitCode::unavailable,
                 fmt::format("table {} exists with other columns than the workload's: it is not "
                             "dropped",
                             table.at(0).c_str()),
                 "use a database of its own for the workload, or schema: expect"};
  }
  auto answer = impl_->ask(std::string(create_tables));
  auto* refusal = std::get_if<Impl::Refusal>(&answer);
  if (refusal == nullptr) return {};
  auto error = std::move(refusal->error).within("creating the tables products and variants");
  if (refusal->failure.sqlstate == "55P03") {
    error.remedy = "another session holds a lock on them: end it (see pg_locks), or wait";
  } else if (refusal->failure.sqlstate == "42501") {
    error.remedy = "let the user of the connection string own them and create in their schema";
  }
  return error;
}

Status Observer::expect_tables(const std::vector<std::string>& tables, const std::string& by) {
  std::vector<TableState> states;
  for (const auto& table : tables) {
    const auto rows =
        impl_->query("looking for table " + table,
                     fmt::format("SELECT t.oid IS NOT NULL, EXISTS (SELECT FROM pg_attribute a"
                                 "  WHERE a.attrelid = t.oid AND a.attname = {1} AND a.attnum > 0"
                                 "  AND NOT a.attisdropped),"
                                 " COALESCE(has_table_privilege(t.oid, 'SELECT'), false)"
                                 " FROM (SELECT to_regclass({0})::oid AS oid) t",
                                 impl_->quote(quote_table(table)), impl_->quote(by)));
    if (!rows) return rows.error();
    const auto row = rows->at(0);
    states.push_back({table, row.at(0).as<bool>(), row.at(1).as<bool>(), row.at(2).as<bool>()});
  }
  return judge(states, by);
}

Result<RowCounts> Observer::count_by(const std::vector<std::string>& tables,
                                     const std::string& by) {
  std::string query;
  RowCounts result;
  for (std::size_t i = 0; i < tables.size(); ++i) {
    if (i > 0) query += " UNION ALL ";
    query +=
        fmt::format("SELECT {2}, {0}::text, count(*) FROM {1} WHERE {0} IS NOT NULL GROUP BY {0}",
                    quote_name(by), quote_table(tables[i]), i);
    result[tables[i]];  // a table without rows has an entry, too
  }
  if (tables.empty()) return result;
  const auto rows = impl_->query(
      fmt::format("counting the rows of {} by {}", fmt::join(tables, " and "), by), query);
  if (!rows) return rows.error();
  for (const auto& row : *rows) {
    result[tables.at(row.at(0).as<std::size_t>())][row.at(1).c_str()] += row.at(2).as<int>();
  }
  return result;
}

Result<std::string> Observer::table_identity(const std::string& table) {
  const auto rows = impl_->query(fmt::format("looking for table {}", table),
                                 fmt::format("SELECT coalesce(t.oid || '/' ||"
                                             " coalesce(pg_relation_filenode(t.oid), 0), '')"
                                             " FROM (SELECT to_regclass({})::oid AS oid) t",
                                             impl_->quote(quote_table(table))));
  if (!rows) return rows.error();
  return std::string(rows->at(0).at(0).c_str());
}

}  // namespace cutpoint::probes
