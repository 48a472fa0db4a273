// Writes the Parquet files of the tests into the current folder. See README.md.
import { mkdirSync, readFileSync, writeFileSync, rmSync } from 'node:fs';
import { createRequire } from 'node:module';
import { DuckDBInstance } from '@duckdb/node-api';

import { parquetWriteBuffer } from 'hyparquet-writer';

const wasm = createRequire(import.meta.url)('parquet-wasm/node');
const connection = await (await DuckDBInstance.create(':memory:')).connect();
await connection.run("SET TimeZone = 'UTC'");

for (const folder of ['arrow', 'duckdb', 'hyparquet']) mkdirSync(folder, { recursive: true });

const nullable = expression => `CASE WHEN i % 7 = 3 THEN NULL ELSE ${expression} END`;
const types = `SELECT i::INTEGER AS id,
  ${nullable('i % 3 = 0')} AS bool,
  ${nullable('(i - 50)::TINYINT')} AS int8, ${nullable('(i * 300 - 15000)::SMALLINT')} AS int16,
  ${nullable('(i::BIGINT * 20000000 - 1000000000)::INTEGER')} AS int32, ${nullable('i::BIGINT * 90000000000000000 - 4500000000000000000')} AS int64,
  ${nullable('(255 - i)::UTINYINT')} AS uint8, ${nullable('(4294967295 - i)::UINTEGER')} AS uint32, ${nullable('(18446744073709551615 - i)::UBIGINT')} AS uint64,
  ${nullable('(i / 10)::FLOAT')} AS float, ${nullable('(i / 10)::DOUBLE')} AS double,
  ${nullable('((i - 50) / 4)::DECIMAL(4,2)')} AS dec4, ${nullable("((i - 50) || '0000.00000001')::DECIMAL(18,8)")} AS dec18, ${nullable("((i - 50) || '00000000000000000.12345678')::DECIMAL(28,8)")} AS dec28,
  ${nullable("TIMESTAMP '2024-01-02 14:30:00' + to_minutes(i::BIGINT)")}::TIMESTAMP_MS AS ts_ms,
  ${nullable("TIMESTAMP '1960-01-02 14:30:00' + to_microseconds(i::BIGINT)")} AS ts_us,
  ${nullable("(TIMESTAMP '2024-01-02 14:30:00' + to_minutes(i::BIGINT))::TIMESTAMP_NS")} AS ts_ns,
  ${nullable("TIMESTAMPTZ '2024-01-02 14:30:00+00' + to_minutes(i::BIGINT)")} AS tstz,
  ${nullable("(DATE '1960-01-01' + (i * 100)::INTEGER)")} AS date, ${nullable("TIME '10:00:00' + to_seconds(i::DOUBLE)")} AS time,
  ${nullable("'row ' || i")} AS text, ${nullable("['SPY', 'AAPL', 'é€'][1 + i % 3]")} AS symbol, ${nullable('encode(chr((65 + i % 26)::INTEGER))')} AS blob
  FROM range(100) r(i)`;
for (const codec of ['uncompressed', 'snappy', 'gzip', 'brotli', 'zstd', 'lz4_raw']) {
  await connection.run(`COPY (${types}) TO 'duckdb/types-${codec}.parquet' (FORMAT parquet, CODEC ${codec}, PARQUET_VERSION v1)`);
}

// DuckDB writes delta encodings in version 2.
await connection.run(`COPY (${types}) TO 'duckdb/types-v2.parquet' (FORMAT parquet, CODEC snappy, PARQUET_VERSION v2, DICTIONARY_SIZE_LIMIT 1)`);
await connection.run(`COPY (SELECT i AS id, [i, i + 1] AS list, {'a': i} AS struct FROM range(10) r(i)) TO 'duckdb/nested.parquet' (FORMAT parquet)`);
const bars = rows => `SELECT ['SPY', 'AAPL'][1 + i % 2] AS "Symbol", TIMESTAMP '2024-01-02 14:30:00' + to_minutes(i::BIGINT // 2) AS "Timestamp",
  (10000 + i) / 100 AS "Open", (10100 + i) / 100 AS "High", (9900 + i) / 100 AS "Low", (10050 + i) / 100 AS "Close", i * 10 AS "Volume" FROM range(${rows}) r(i)`;
await connection.run(`COPY (${bars(5000)}) TO 'duckdb/bars.parquet' (FORMAT parquet, CODEC gzip, ROW_GROUP_SIZE 2048)`);

// arrow-rs writes the rows of DuckDB with other encodings, pages of version 2 and many pages per column.
const { WriterPropertiesBuilder: Builder, Compression, Encoding, WriterVersion } = wasm;
await connection.run(`COPY (SELECT id, int32, int64, float, double, text, symbol, ts_us FROM (${types})) TO 'some.tmp' (FORMAT parquet)`);
const some = () => wasm.readParquet(readFileSync('some.tmp'));
const write = (name, table, properties) => writeFileSync(`${name}.parquet`, wasm.writeParquet(table, properties.build()));
const every = () => wasm.readParquet(readFileSync('duckdb/types-snappy.parquet'));
write('arrow/v1-dictionary', every(), new Builder().setCompression(Compression.SNAPPY).setWriterVersion(WriterVersion.V1).setMaxRowGroupSize(40).setDataPageSizeLimit(64).setWriteBatchSize(8));
write('arrow/v2-dictionary', every(), new Builder().setCompression(Compression.GZIP).setWriterVersion(WriterVersion.V2).setDataPageSizeLimit(64).setWriteBatchSize(8));
write('arrow/v2-fallback', every(), new Builder().setCompression(Compression.BROTLI).setWriterVersion(WriterVersion.V2).setDictionaryEnabled(false));
write('arrow/v1-plain', every(), new Builder().setCompression(Compression.UNCOMPRESSED).setWriterVersion(WriterVersion.V1).setDictionaryEnabled(false));
write('arrow/v2-uncompressed', every(), new Builder().setCompression(Compression.UNCOMPRESSED).setWriterVersion(WriterVersion.V2));
const encoded = (name, encodings) => {
  let properties = new Builder().setCompression(Compression.SNAPPY).setDictionaryEnabled(false);
  for (const [column, encoding] of Object.entries(encodings)) properties = properties.setColumnEncoding(column, encoding);
  write(name, some(), properties);
};
const numbers = encoding => ({ id: encoding, int32: encoding, int64: encoding, ts_us: encoding });
encoded('arrow/delta', { ...numbers(Encoding.DELTA_BINARY_PACKED), text: Encoding.DELTA_BYTE_ARRAY, symbol: Encoding.DELTA_LENGTH_BYTE_ARRAY });
encoded('arrow/split', { ...numbers(Encoding.BYTE_STREAM_SPLIT), float: Encoding.BYTE_STREAM_SPLIT, double: Encoding.BYTE_STREAM_SPLIT });
write('arrow/zstd', some(), new Builder().setCompression(Compression.ZSTD));
rmSync('some.tmp');

// hyparquet-writer writes generated bars.
const rows = [...Array(300).keys()];
writeFileSync('hyparquet/bars.parquet', new Uint8Array(parquetWriteBuffer({
  columnData: [
    { name: 't', data: rows.map(i => new Date(Date.UTC(2024, 0, 2, 14, 30 + i))), type: 'TIMESTAMP' },
    ...['o', 'h', 'l', 'c'].map((name, k) => ({ name, data: rows.map(i => Math.round(100 * (100 + i / 100 + [0, 1, -1, 0.5][k])) / 100), type: 'DOUBLE' })),
    { name: 'v', data: rows.map(i => BigInt(i * 10)), type: 'INT64' },
    { name: 'n', data: rows.map(i => (i % 5 === 0 ? null : i)), type: 'INT32' },
    { name: 'sym', data: rows.map(i => (i < 150 ? 'SPY' : 'AAPL')), type: 'STRING' },
  ],
  rowGroupSize: 100, pageSize: 200,
})));
