using System.Diagnostics;
using System.Globalization;
using Npgsql;
using NpgsqlTypes;
using Wyckoff.Benchmarks.Load;
using Wyckoff.Primitives;

namespace Wyckoff.Benchmarks.Reading;

/// <summary>
/// Compares the API without a cache with the bare database query for one year of daily bars of a random symbol, over one connection, in a
/// small and a large database.
/// </summary>
internal static class Lookups
{
    private const int Slice = 40;
    private const int Rounds = 30;

    // One connection sends few requests, so it takes long until the code of a request has its final compilation.
    private static readonly TimeSpan WarmUp = TimeSpan.FromSeconds(10);

    public static async Task RunAsync(ReadSetup setup, Report report, CancellationToken cancellationToken)
    {
        await using var small = await setup.StartApiAsync(BenchmarkServer.Main, inProcess: false, redis: false, cancellationToken);
        await using var large = await setup.StartApiAsync(ReadSetup.Large, inProcess: false, redis: false, cancellationToken);
        await using var smallQuery = await Query.OpenAsync(setup, BenchmarkServer.Main, cancellationToken);
        await using var largeQuery = await Query.OpenAsync(setup, ReadSetup.Large, cancellationToken);
        using var smallConnection = await HttpConnection.ConnectAsync(small.Port, cancellationToken);
        using var largeConnection = await HttpConnection.ConnectAsync(large.Port, cancellationToken);
        var (few, many) = (RandomLookups(setup, 1), RandomLookups(setup, 10));
        Func<int, ValueTask<long>>[] sides =
        [
            i => smallConnection.ExchangeAsync(few[i % few.Length].Request, null, cancellationToken),
            i => smallQuery.RunAsync(few[i % few.Length], cancellationToken),
            i => largeConnection.ExchangeAsync(many[i % many.Length].Request, null, cancellationToken),
            i => largeQuery.RunAsync(many[i % many.Length], cancellationToken),
        ];
        foreach (var side in sides)
        {
            var start = Stopwatch.GetTimestamp();
            for (var i = 0; Stopwatch.GetElapsedTime(start) < WarmUp; i++)
            {
                await side(i);
            }
        }

        var answer = System.Text.Encoding.UTF8.GetString(await small.GetAsync(few[0].Path, cancellationToken));
        var rows = await smallQuery.RunAsync(few[0], cancellationToken);
        if (!answer.Contains(string.Create(CultureInfo.InvariantCulture, $"\"count\":{rows}"), StringComparison.Ordinal) || rows < 250)
        {
            throw new InvalidOperationException(
                string.Create(
                    CultureInfo.InvariantCulture,
                    $"The query has {rows} rows, and the API says {answer[..Math.Min(200, answer.Length)]}"
                )
            );
        }

        var times = sides.Select(_ => new List<double>()).ToArray();
        var next = 0;
        for (var round = 0; round < Rounds; round++)
        {
            for (var side = 0; side < sides.Length; side++)
            {
                for (var i = 0; i < Slice; i++)
                {
                    var start = Stopwatch.GetTimestamp();
                    await sides[side](next + i);
                    times[side].Add(Stopwatch.GetElapsedTime(start).TotalMilliseconds);
                }
            }

            next += Slice;
        }

        var median = times.Select(Report.Median).ToArray();
        report.Add("a year of days: the query alone", median[1], "ms");
        report.Add("a year of days: API, uncached", median[0], "ms", 50);
        report.Add("a year of days: API, uncached, over the query alone", median[0] / median[1], "×", 2);
        report.Add("a year of days, 10 × symbols and years: the query alone", median[3], "ms");
        report.Add("a year of days, 10 × symbols and years: API, uncached", median[2], "ms");
        report.Add("a year of days: API, uncached, 10 × over 1 ×", median[2] / median[0], "×", 1.3);
        var largeMedians = FormattableString.Invariant($"API {median[2]:0.000} ms, query {median[3]:0.000} ms");
        Report.Log(
            $"lookups: API {median[0]:0.000} ms, query {median[1]:0.000} ms; large: {largeMedians}; load {ProcessFigures.LoadAverage()}"
        );

        const int Requests = 2_000;
        var before = await small.AllocatedAsync(cancellationToken);
        for (var i = 0; i < Requests; i++)
        {
            await sides[0](i);
        }

        report.Add(
            "a year of days: API, uncached: allocated per request",
            (await small.AllocatedAsync(cancellationToken) - before) / 1024.0 / Requests,
            "KB"
        );
    }

    // The years begin on random days, so that the same request does not come again soon.
    private static Lookup[] RandomLookups(ReadSetup setup, int scale)
    {
        var random = new Random(scale);
        var (symbols, first, days) = (
            BarData.Symbols * scale,
            setup.LastDay.AddYears(-ReadSetup.Years * scale).AddDays(1),
            (ReadSetup.Years * scale - 1) * 365
        );
        return
        [
            .. Enumerable
                .Range(0, 1_500)
                .Select(_ => new Lookup(BarData.SymbolName(random.Next(symbols)), first.AddDays(random.Next(days)))),
        ];
    }

    private sealed record Lookup(string Symbol, DateOnly From)
    {
        public DateOnly Until { get; } = From.AddYears(1);

        public string Path { get; } =
            string.Create(
                CultureInfo.InvariantCulture,
                $"/v1/bars/{Symbol}?timeframe=1d&from={From:yyyy-MM-dd}&to={From.AddYears(1):yyyy-MM-dd}"
            );

        public byte[] Request => field ??= HttpConnection.Get(Path);
    }

    /// <summary>The query behind the API's response; its columns are read as typed values.</summary>
    private sealed class Query : IAsyncDisposable
    {
        private readonly NpgsqlConnection _connection;
        private readonly NpgsqlCommand _command;
        private readonly Dictionary<string, int> _tickers = new(StringComparer.Ordinal);

        private Query(NpgsqlConnection connection)
        {
            _connection = connection;
            _command = new(
                """
                SELECT timestamp, open, high, low, close, volume, trade_count, vwap
                  FROM market.bars_1d
                 WHERE ticker_id = $1 AND timestamp >= $2 AND timestamp < $3
                 ORDER BY timestamp
                 LIMIT $4
                """,
                connection
            );
            _command.Parameters.Add(new() { NpgsqlDbType = NpgsqlDbType.Integer });
            _command.Parameters.Add(new() { NpgsqlDbType = NpgsqlDbType.TimestampTz });
            _command.Parameters.Add(new() { NpgsqlDbType = NpgsqlDbType.TimestampTz });
            _command.Parameters.Add(new() { NpgsqlDbType = NpgsqlDbType.Integer });
        }

        public static async Task<Query> OpenAsync(ReadSetup setup, string database, CancellationToken cancellationToken)
        {
            var query = new Query(new(setup.Server.AppConnectionTo(database)));
            await query._connection.OpenAsync(cancellationToken);
            await using (var tickers = new NpgsqlCommand("SELECT symbol, id FROM market.tickers", query._connection))
            {
                await using var reader = await tickers.ExecuteReaderAsync(cancellationToken);
                while (await reader.ReadAsync(cancellationToken))
                {
                    query._tickers[Symbol.Parse(reader.GetString(0)).Value] = reader.GetInt32(1);
                }
            }

            await query._command.PrepareAsync(cancellationToken);
            return query;
        }

        public async ValueTask<long> RunAsync(Lookup lookup, CancellationToken cancellationToken)
        {
            _command.Parameters[0].Value = _tickers[lookup.Symbol];
            _command.Parameters[1].Value = lookup.From.ToDateTime(TimeOnly.MinValue, DateTimeKind.Utc);
            _command.Parameters[2].Value = lookup.Until.ToDateTime(TimeOnly.MinValue, DateTimeKind.Utc);
            _command.Parameters[3].Value = 500;
            await using var reader = await _command.ExecuteReaderAsync(cancellationToken);
            long rows = 0;
            for (; await reader.ReadAsync(cancellationToken); rows++)
            {
                reader.GetDateTime(0);
                for (var column = 1; column <= 5; column++)
                {
                    reader.GetDecimal(column);
                }

                ReadNullableColumns(reader);
            }

            return rows;
        }

        // A method of its own, because an analyzer would ask for IsDBNullAsync in an async method. The row is already in memory.
        private static void ReadNullableColumns(NpgsqlDataReader reader)
        {
            _ = reader.IsDBNull(6) ? 0 : reader.GetInt32(6);
            _ = reader.IsDBNull(7) ? 0 : reader.GetDecimal(7);
        }

        public async ValueTask DisposeAsync()
        {
            await _command.DisposeAsync();
            await _connection.DisposeAsync();
        }
    }
}
