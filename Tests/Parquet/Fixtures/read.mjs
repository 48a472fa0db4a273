// Reads files written by Wyckoff with three programs and prints the results. See README.md.
import { readFileSync } from 'node:fs';
import { createRequire } from 'node:module';
import { DuckDBInstance } from '@duckdb/node-api';
import { parquetReadObjects } from 'hyparquet';
import { compressors } from 'hyparquet-compressors';

const wasm = createRequire(import.meta.url)('parquet-wasm/node');
const connection = await (await DuckDBInstance.create(':memory:')).connect();
await connection.run("SET TimeZone = 'UTC'");
for (const file of process.argv.slice(2)) {
  const bytes = readFileSync(file);
  const summary = await connection.runAndReadAll(`SELECT count(*)::INTEGER, md5(string_agg(r::VARCHAR, '|' ORDER BY r)) FROM '${file}' r`);
  const rows = await parquetReadObjects({ file: bytes.buffer.slice(bytes.byteOffset, bytes.byteOffset + bytes.length), compressors });
  const table = wasm.readParquet(bytes);
  console.log(file, 'duckdb', ...summary.getRows()[0], '· hyparquet', rows.length, '· arrow-rs', table.recordBatches().reduce((sum, batch) => sum + batch.numRows, 0));
  console.log(' ', JSON.stringify(rows.at(-1), (_, value) => typeof value === 'bigint' ? value.toString() : value));
  console.log(' ', JSON.stringify((await connection.runAndReadAll(`SELECT * FROM '${file}' OFFSET ${rows.length - 1}`)).getRowObjectsJson()[0]));
  console.log(' ', JSON.stringify((await connection.runAndReadAll(`SELECT DISTINCT path_in_schema AS c, type, encodings, compression, stats_min_value AS least, stats_max_value AS most FROM parquet_metadata('${file}') WHERE row_group_id = 0 AND path_in_schema IN ('timestamp', 'volume', 'symbol')`)).getRowObjectsJson()));
}
