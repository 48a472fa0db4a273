using Wyckoff.Primitives;
using Wyckoff.Sync;

namespace Wyckoff.Tests.Sync;

/// <summary>
/// Faults of every kind and restarts at every moment, and in the end exactly the provider's data. The rule that is kept all the while: what the database says is covered
/// when a request arrives is not asked for by it. What was answered and could not be committed, or held a bar that breaks a rule, may be asked for again.
/// </summary>
public sealed class RestartTests(TestDatabase database) : IClassFixture<TestDatabase>
{
    private static readonly DateTimeOffset Start = new(2024, 3, 4, 0, 0, 0, TimeSpan.Zero);
    private const int Slots = 600;

    private static CancellationToken Token => TestContext.Current.CancellationToken;

    [Theory]
    [InlineData(1)]
    [InlineData(2)]
    public async Task Whatever_goes_wrong_all_comes_and_nothing_twice(int seed)
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

        var twice = new List<string>();
        server.Asked = async (from, until) =>
        {
            await using var command = database.Admin.CreateCommand(
                "SELECT (covered * tstzmultirange(tstzrange($2, $3, '[]')))::text FROM market.sync_coverage JOIN market.tickers ON id = ticker_id WHERE symbol = $1 AND source = 'alpaca' AND covered && tstzrange($2, $3, '[]')"
            );
            command.Parameters.Add(new() { Value = symbol.Value });
            command.Parameters.Add(new() { Value = from.ToUniversalTime() });
            command.Parameters.Add(new() { Value = until.ToUniversalTime() });
            if (await command.ExecuteScalarAsync(Token) is string again)
            {
                twice.Add(again);
            }
        };

        var (restarts, partial) = (0, 0);
        for (var round = 0; round < 24; round++)
        {
            // A new process each time; it dies at a request, within a transaction, or not at all.
            using var death = new CancellationTokenSource();
            var (requests, commits) = (random.Next(1, 12), random.Next(1, 8));
            server.Meanwhile = () => --requests == 0 ? death.CancelAsync() : Task.CompletedTask;
            var from = random.Next(0, Slots - 200);
            var request = new SyncRequest(
                symbol,
                Timeframe.Minute1,
                new(Start.AddMinutes(from), Start.AddMinutes(from + random.Next(1, 200)))
            )
            {
                Fence = (_, _) => --commits == 0 ? death.CancelAsync() : Task.CompletedTask,
            };
            try
            {
                var result = await bench.Service().EnsureAsync(request, death.Token);
                partial += result.Outcome == SyncOutcome.Success ? 0 : 1;
            }
            catch (OperationCanceledException)
            {
                restarts++;
            }
        }

        // The rounds were what they were meant to be.
        var kinds = server.Log.Select(request => request.Fault).Distinct().Count();
        Assert.True(
            restarts >= 3 && partial >= 1 && kinds > faults.Length / 2,
            $"{restarts} restarts, {partial} partial, {kinds} kinds of faults"
        );
        server.NextFault = () => Fault.None;
        server.Meanwhile = () => Task.CompletedTask;
        var all = new SyncRequest(symbol, Timeframe.Minute1, new(Start, Start.AddMinutes(Slots)));
        var last = await bench.Service().EnsureAsync(all, Token);
        Assert.Equal((SyncOutcome.Success, 0), (last.Outcome, last.StillMissing.Count));
        Assert.Equal(data.Select(FakeAlpaca.Incoming), await bench.StoredAsync(symbol, Timeframe.Minute1, Token));

        var asked = server.Log.Count;
        await bench.Service().EnsureAsync(all, Token);
        Assert.Equal(asked, server.Log.Count);
        Assert.Empty(twice);
    }
}
