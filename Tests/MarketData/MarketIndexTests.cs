using System.Text.RegularExpressions;
using Npgsql;
using Wyckoff.Primitives;

namespace Wyckoff.Tests.MarketData;

/// <summary>Every index has a query in <c>docs/schema/market.md</c>, and the planner takes it. On plain PostgreSQL, where indexes have the names we gave them.</summary>
public sealed partial class MarketIndexTests(PlainDatabase database) : IClassFixture<PlainDatabase>
{
    [Fact]
    public async Task Every_index_serves_the_query_it_is_there_for()
    {
        var queries = Described().Matches(await File.ReadAllTextAsync(Path.Combine(Run.Root, "docs/schema/market.md"), TestContext.Current.CancellationToken)).ToDictionary(m => m.Groups[1].Value, m => m.Groups[2].Value, StringComparer.Ordinal);
        var there = await database.ScalarAsync<string[]>("SELECT array_agg(i.relname::text) FROM pg_index x JOIN pg_class i ON i.oid = x.indexrelid WHERE i.relnamespace = 'market'::regnamespace");
        Assert.Equal(there.Order(StringComparer.Ordinal), queries.Keys.Order(StringComparer.Ordinal));

        await FillAsync();
        await using var connection = await database.Admin.OpenConnectionAsync(TestContext.Current.CancellationToken);
        foreach (var (index, query) in queries)
        {
            var plan = new List<string>();
            await using var explain = new NpgsqlCommand("EXPLAIN (COSTS OFF) " + query, connection);
            await using var reader = await explain.ExecuteReaderAsync(TestContext.Current.CancellationToken);
            while (await reader.ReadAsync(TestContext.Current.CancellationToken))
            {
                plan.Add(reader.GetString(0));
            }

            Assert.True(plan.Exists(line => line.Contains(index, StringComparison.Ordinal)), $"{index} is not in the plan of {query}\n{string.Join('\n', plan)}");
        }
    }

    private async Task FillAsync()
    {
        await database.ExecuteAsync("INSERT INTO tickers (id, symbol) SELECT n, 'T' || n FROM generate_series(1, 1000) n");
        foreach (var timeframe in Timeframe.Stored)
        {
            await database.ExecuteAsync(
                $"""
                INSERT INTO bars_{timeframe} (ticker_id, timestamp, open, high, low, close, volume, spread, spread_ratio, volume_ratio, low_history, source)
                SELECT t, '2024-03-01'::timestamptz + n * market.timeframe_width('{timeframe}'), 1, 1, 1, 1, 1, 0, 1, 1, false, 'x' FROM generate_series(1, 100) t, generate_series(0, 99) n
                """);
        }

        await database.ExecuteAsync(
            """
            INSERT INTO bars_1d SELECT t, timestamp, open, high, low, close, volume, NULL, NULL, spread, spread_ratio, volume_ratio, low_history, source FROM bars_1d, generate_series(101, 1000) t WHERE ticker_id = 1 AND timestamp = '2024-03-01';
            INSERT INTO indicators (ticker_id, timeframe, timestamp) SELECT t, '1d', '2024-01-01'::timestamptz + n * interval '1 day' FROM generate_series(1, 100) t, generate_series(0, 99) n;
            INSERT INTO computed_features (ticker_id, timeframe, timestamp, feature_version, features) SELECT t, '1d', '2024-01-01'::timestamptz + n * interval '1 day', 'v' || v, '{}' FROM generate_series(1, 50) t, generate_series(0, 99) n, generate_series(1, 2) v;
            INSERT INTO sync_coverage (ticker_id, timeframe, source) SELECT t, f, s FROM generate_series(1, 400) t, unnest(ARRAY['1m', '1h', '1d']) f, unnest(ARRAY['alpaca', 'finnhub']) s;
            INSERT INTO data_sync_log (ticker_id, timeframe, source, status, started_at, last_sync_at) SELECT t, '1d', 'alpaca', 'success', '2024-01-01', '2024-01-01'::timestamptz + n * interval '1 day' FROM generate_series(1, 100) t, generate_series(0, 99) n;
            INSERT INTO sync_payloads (sync_id, ticker_id, page, received_at, request, content_type, encoding, bytes, payload) SELECT n, 1, p, '2024-01-01', 'r', 'c', 'gzip', 1, '\x00' FROM generate_series(1, 3000) n, generate_series(1, 3) p;
            INSERT INTO bar_windows (ticker_id, timeframe, version) SELECT t, f, 1 FROM generate_series(1, 400) t, unnest(ARRAY['1m', '5m', '1h', '1d']) f;
            INSERT INTO bar_changes (ticker_id, timeframe, version, range) SELECT t, '1d', n, '[2024-01-01,2024-01-02)' FROM generate_series(1, 100) t, generate_series(1, 100) n;
            INSERT INTO import_batches (id, file, sha256, source, symbol, timeframe, status, started_at, finished_at) SELECT n, 'f', repeat(substr(md5(n::text), 1, 8), 8), 'x', 'T7', '1d', 'completed', '2024-01-01'::timestamptz + n * interval '1 minute', '2025-01-01' FROM generate_series(1, 5000) n;
            INSERT INTO import_rejects (batch_id, line_number, text, reason) SELECT b, n, 't', 'r' FROM generate_series(1, 100) b, generate_series(1, 100) n;
            SELECT market.refresh_overview();
            """);
        await database.ExecuteAsync("ANALYZE");
    }

    [GeneratedRegex(@"^Index: (\S+)\s+```sql\n(.*?)\n```", RegexOptions.Multiline | RegexOptions.Singleline)]
    private static partial Regex Described();
}
