using Wyckoff.Primitives;
using Wyckoff.Sync;

namespace Wyckoff.Tests.Sync;

/// <summary>
/// Injects faults and restarts at random, after which exactly the provider's bars must be stored. No request may ask for a range that the
/// database had as covered when the request arrived. Ranges whose answers were not committed or had invalid bars may be requested
/// coveredRange.
/// </summary>
public sealed class RestartTests(TestDatabase database) : IClassFixture<TestDatabase>
{
    private static readonly DateTimeOffset Start = new(2024, 3, 4, 0, 0, 0, TimeSpan.Zero);
    private const int Slots = 600;

    private static CancellationToken Token => TestContext.Current.CancellationToken;

    [Theory]
    [InlineData(1)]
    [InlineData(2)]
    public async Task Despite_faults_and_restarts_all_bars_are_stored_and_no_covered_range_is_requested_again(int seed)
    {
        var random = new Random(seed);
        var symbol = Symbol.Parse($"CHAOS{seed}");
        await using var server = await FakeAlpaca.StartAsync();
        var data = FakeAlpaca.Make(random, Timeframe.Minute1, Start, Slots);
        server.Bars[symbol.Value] = data;
        var bench = new SyncBench(database, server, Start.AddDays(3)) { Alpaca = { PageSize = 20 } };
        bench.Alpaca.Retry.Attempts = 2;
        Fault[] faults =
        [
            Fault.Throttled,
            Fault.ServerError,
            Fault.Reset,
            Fault.Truncated,
            Fault.Html,
            Fault.NaN,
            Fault.NaNText,
            Fault.HighBelowLow,
            Fault.Duplicated,
            Fault.Unsorted,
            Fault.OutsideRange,
            Fault.OffGrid,
        ];
        server.NextFault = () =>
        {
            lock (random)
            {
                return random.NextDouble() < 0.4 ? faults[random.Next(faults.Length)] : Fault.None;
            }
        };

        var requestedAgain = new List<string>();
        server.RequestReceived = async (from, until) =>
        {
            await using var command = database.Admin.CreateCommand(
                """
                SELECT (covered * tstzmultirange(tstzrange($2, $3, '[]')))::text
                  FROM market.sync_coverage JOIN market.tickers ON id = ticker_id
                 WHERE symbol = $1 AND source = 'alpaca' AND covered && tstzrange($2, $3, '[]')
                """
            );
            command.Parameters.Add(new() { Value = symbol.Value });
            command.Parameters.Add(new() { Value = from.ToUniversalTime() });
            command.Parameters.Add(new() { Value = until.ToUniversalTime() });
            if (await command.ExecuteScalarAsync(Token) is string coveredRange)
            {
                requestedAgain.Add(coveredRange);
            }
        };

        var (restarts, partial) = (0, 0);
        for (var round = 0; round < 24; round++)
        {
            // Each round is a new process that is killed at a request, within a transaction, or not at all.
            using var kill = new CancellationTokenSource();
            var (requestsLeft, commitsLeft) = (random.Next(1, 12), random.Next(1, 8));
            server.BeforeAnswer = () => --requestsLeft == 0 ? kill.CancelAsync() : Task.CompletedTask;
            var from = random.Next(0, Slots - 200);
            var request = new SyncRequest(
                symbol,
                Timeframe.Minute1,
                new(Start.AddMinutes(from), Start.AddMinutes(from + random.Next(1, 200)))
            )
            {
                Fence = (_, _) => --commitsLeft == 0 ? kill.CancelAsync() : Task.CompletedTask,
            };
            try
            {
                var result = await bench.Service().EnsureAsync(request, kill.Token);
                partial += result.Outcome == SyncOutcome.Success ? 0 : 1;
            }
            catch (OperationCanceledException)
            {
                restarts++;
            }
        }

        // The random rounds had restarts, partial results and enough kinds of faults.
        var kinds = server.Log.Select(request => request.Fault).Distinct().Count();
        Assert.True(
            restarts >= 3 && partial >= 1 && kinds > faults.Length / 2,
            $"{restarts} restarts, {partial} partial, {kinds} kinds of faults"
        );
        server.NextFault = () => Fault.None;
        server.BeforeAnswer = () => Task.CompletedTask;
        var all = new SyncRequest(symbol, Timeframe.Minute1, new(Start, Start.AddMinutes(Slots)));
        var last = await bench.Service().EnsureAsync(all, Token);
        Assert.Equal((SyncOutcome.Success, 0), (last.Outcome, last.StillMissing.Count));
        Assert.Equal(data.Select(FakeAlpaca.Incoming), await bench.StoredAsync(symbol, Timeframe.Minute1, Token));

        var requests = server.Log.Count;
        await bench.Service().EnsureAsync(all, Token);
        Assert.Equal(requests, server.Log.Count);
        Assert.Empty(requestedAgain);
    }
}
