using System.Diagnostics;
using NpgsqlTypes;
using Wyckoff.Accounts;
using Wyckoff.Benchmarks.Load;
using Wyckoff.ServiceDefaults;

namespace Wyckoff.Benchmarks.Reading;

/// <summary>
/// Compares cached reads with a key with the same reads without one, on one host whose market data is open to all; and the times in which
/// keys are refused that are unknown, expired or revoked, and that the host has not seen before.
/// </summary>
internal static class KeyReads
{
    private const int Connections = 64;
    private const int Rounds = 15;
    private const int RefusedKeys = 400;
    private static readonly TimeSpan Slice = TimeSpan.FromSeconds(1);
    private static readonly TimeSpan WarmUp = TimeSpan.FromSeconds(8);

    private static readonly (string Name, string Query)[] Kinds =
    [
        ("500 days", "timeframe=1d&limit=500"),
        ("50 days", "timeframe=1d&limit=50"),
    ];

    public static async Task RunAsync(ReadSetup setup, Report report, CancellationToken cancellationToken)
    {
        await using var host = await setup.StartApiAsync(
            BenchmarkServer.Main,
            inProcess: true,
            redis: true,
            cancellationToken,
            ("Wyckoff__Access", AccessModes.Keys),
            ("Wyckoff__Api__OpenMarketData", "true")
        );
        var key = (await AddKeysAsync(setup, 1, "NULL", "NULL", cancellationToken))[0];
        foreach (var (name, query) in Kinds)
        {
            await CompareAsync(report, host, name, query, key, cancellationToken);
        }

        await RefuseAsync(setup, report, host, cancellationToken);
    }

    private static async Task CompareAsync(
        Report report,
        HostProcess host,
        string name,
        string query,
        string key,
        CancellationToken cancellationToken
    )
    {
        var paths = Enumerable.Range(0, BarData.Symbols).Select(symbol => $"/v1/bars/{BarData.SymbolName(symbol)}?{query}").ToList();
        using var without = await LoadGenerator.ConnectAsync(host.Port, Connections, paths, cancellationToken);
        using var with = await LoadGenerator.ConnectAsync(host.Port, Connections, paths, cancellationToken, key);
        LoadGenerator[] sides = [without, with];
        foreach (var side in sides)
        {
            await side.RunAsync(WarmUp / 2, cancellationToken);
        }

        var rates = sides.Select(_ => new List<double>()).ToArray();
        var processor = sides.Select(_ => new List<double>()).ToArray();
        for (var round = 0; round < Rounds; round++)
        {
            // Each side is first in every second round.
            foreach (var side in round % 2 == 0 ? new[] { 0, 1 } : [1, 0])
            {
                var before = host.ProcessorSeconds;
                var result = await sides[side].RunAsync(Slice, cancellationToken);
                rates[side].Add(result.Rate);
                processor[side].Add((host.ProcessorSeconds - before) * 1e6 / result.Latencies.TotalCount);
            }
        }

        var ratio = Report.Median(rates[0].Zip(rates[1], (one, other) => one / other));
        report.Add($"{name}, cached: without a key", Report.Median(rates[0]), "requests/s");
        report.Add($"{name}, cached: with a key", Report.Median(rates[1]), "requests/s");
        report.Add($"{name}, cached: with a key, over without", ratio, "× the time", 1.05);
        report.Add($"{name}, cached: without a key, processor time of the API", Report.Median(processor[0]), "µs/request");
        report.Add($"{name}, cached: with a key, processor time of the API", Report.Median(processor[1]), "µs/request");
        var both = FormattableString.Invariant($"{Report.Median(rates[0]):N0}/s, with one {Report.Median(rates[1]):N0}/s ({ratio:0.000})");
        Report.Log($"{name}: without a key {both}; load {ProcessFigures.LoadAverage()}");
    }

    // Each key is sent once, so each is looked up in the database.
    private static async Task RefuseAsync(ReadSetup setup, Report report, HostProcess host, CancellationToken cancellationToken)
    {
        var kinds = new[]
        {
            ("unknown", Enumerable.Range(0, RefusedKeys).Select(_ => NewKey().Key).ToArray()),
            ("expired", await AddKeysAsync(setup, RefusedKeys, "now() - interval '1 hour'", "NULL", cancellationToken)),
            ("revoked", await AddKeysAsync(setup, RefusedKeys, "NULL", "now()", cancellationToken)),
        };
        using var connection = await HttpConnection.ConnectAsync(host.Port, cancellationToken);
        var times = kinds.Select(_ => new List<double>()).ToArray();
        for (var i = 0; i < RefusedKeys; i++)
        {
            for (var kind = 0; kind < kinds.Length; kind++)
            {
                var request = HttpConnection.Get("/v1/tickers", key: kinds[kind].Item2[i]);
                var start = Stopwatch.GetTimestamp();
                await connection.ExchangeAsync(request, null, cancellationToken, expected: 401);
                times[kind].Add(Stopwatch.GetElapsedTime(start).TotalMilliseconds);
            }
        }

        for (var kind = 0; kind < kinds.Length; kind++)
        {
            // The first tenth warms up.
            report.Add($"a key that is {kinds[kind].Item1}, refused: median", Report.Median(times[kind].Skip(RefusedKeys / 10)), "ms");
        }

        var medians = times.Select(Report.Median).ToArray();
        Report.Log($"refused keys: unknown {medians[0]:0.000} ms, expired {medians[1]:0.000} ms, revoked {medians[2]:0.000} ms");
    }

    private static (ApiKey ApiKey, string Key) NewKey() => ApiKey.Issue(1, "bench", AccessScope.Read, TimeProvider.System.GetUtcNow());

    private static async Task<string[]> AddKeysAsync(
        ReadSetup setup,
        int count,
        string expiresAt,
        string revokedAt,
        CancellationToken cancellationToken
    )
    {
        var keys = Enumerable.Range(0, count).Select(_ => NewKey()).ToArray();
        await using var command = setup.Server.Admin.CreateCommand(
            $"""
            INSERT INTO account.api_keys (account_id, name, prefix, key_hash, created_at, expires_at, revoked_at)
            SELECT account.local_account(), 'bench', prefix, hash, now() - interval '1 day', {expiresAt}, {revokedAt}
              FROM unnest($1, $2) AS k (prefix, hash)
            """
        );
        command.Parameters.Add(new() { Value = keys.Select(key => key.ApiKey.Prefix).ToArray() });
        command.Parameters.Add(
            new() { Value = keys.Select(key => key.ApiKey.KeyHash).ToArray(), NpgsqlDbType = NpgsqlDbType.Array | NpgsqlDbType.Bytea }
        );
        await command.ExecuteNonQueryAsync(cancellationToken);
        return [.. keys.Select(key => key.Key)];
    }
}
