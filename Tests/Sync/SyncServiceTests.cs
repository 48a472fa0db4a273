using System.IO.Compression;
using System.Text;
using Wyckoff.Bars;
using Wyckoff.Bars.Writing;
using Wyckoff.Primitives;
using Wyckoff.Sync;
using Wyckoff.Sync.Providers;
using Wyckoff.Tickers;

namespace Wyckoff.Tests.Sync;

public sealed class SyncServiceTests(TestDatabase database) : IClassFixture<TestDatabase>, IAsyncLifetime
{
    private static readonly DateTimeOffset Start = new(2024, 3, 4, 14, 30, 0, TimeSpan.Zero);
    private static readonly Timeframe Minute = Timeframe.Minute1;
    private static int _symbols;

    private readonly Symbol _symbol = Symbol.Parse($"S{Interlocked.Increment(ref _symbols)}");
    private FakeAlpaca _server = null!;
    private SyncBench _bench = null!;
    private IReadOnlyList<FakeBar> _data = [];

    private static CancellationToken Token => TestContext.Current.CancellationToken;

    public async ValueTask InitializeAsync()
    {
        _server = await FakeAlpaca.StartAsync();
        _bench = new(database, _server, Start.AddDays(3)) { Alpaca = { PageSize = 20 } };
        _server.Bars[_symbol.Value] = _data = FakeAlpaca.Make(new Random(_symbols), Minute, Start, 100);
    }

    public ValueTask DisposeAsync() => _server.DisposeAsync();

    [Fact]
    public async Task Bars_are_fetched_exactly_and_only_once()
    {
        var service = _bench.Service();
        var first = await service.EnsureAsync(Want(0, 100), Token);
        Assert.Equal(
            (SyncOutcome.Success, _data.Count, _data.Count, 0L, 0L),
            (first.Outcome, (int)first.Fetched, (int)first.Inserted, first.Updated, first.Rejected)
        );
        Assert.Empty(first.StillMissing);
        Assert.Equal(_data.Select(FakeAlpaca.Incoming), await StoredAsync());

        var asked = _server.Log.Count;
        var second = await service.EnsureAsync(Want(10, 90), Token);
        Assert.Equal((SyncOutcome.Success, 0L, (long?)null), (second.Outcome, second.Fetched, second.RunId));
        Assert.Equal(asked, _server.Log.Count);
    }

    [Fact]
    public async Task Only_the_gaps_before_between_and_after_covered_ranges_are_fetched()
    {
        var service = _bench.Service();
        await service.EnsureAsync(Want(20, 40), Token);
        await service.EnsureAsync(Want(60, 80), Token);
        _server.Log.Clear();
        await service.EnsureAsync(Want(0, 100), Token);
        Assert.Equal(
            [(0, 20), (40, 60), (80, 100)],
            _server.Log.Where(asked => asked.Token is null).Select(asked => (Slot(asked.Start), Slot(asked.End.AddSeconds(1))))
        );
        Assert.Equal(_data.Select(FakeAlpaca.Incoming), await StoredAsync());
    }

    [Fact]
    public async Task Ranges_filled_from_files_are_fetched_only_on_request()
    {
        var service = _bench.Service();
        await service.EnsureAsync(Want(0, 10), Token);
        await using (var connection = await database.App.OpenConnectionAsync(Token))
        {
            await SyncCoverageStore.AddAsync(connection, await TickerAsync(), Minute, SyncCoverageStore.Import, [Range(10, 50)], Token);
        }

        _server.Log.Clear();
        await service.EnsureAsync(Want(0, 60), Token);
        Assert.Equal([(50, 60)], _server.Log.Select(asked => (Slot(asked.Start), Slot(asked.End.AddSeconds(1)))));
        _server.Log.Clear();
        await service.EnsureAsync(Want(0, 60) with { IgnoreImports = true }, Token);
        Assert.Equal(10, Slot(_server.Log.First().Start));
    }

    [Fact]
    public async Task An_empty_answer_is_covered_except_for_its_unsettled_end()
    {
        _server.Bars[_symbol.Value] = [];
        _bench.Time.Now = Start.AddMinutes(60.5);
        var service = _bench.Service();
        var result = await service.EnsureAsync(Want(0, 200), Token);
        Assert.Equal((SyncOutcome.Success, 0), (result.Outcome, result.StillMissing.Count));
        // The future is not requested, and the last 15 minutes are requested again.
        await service.EnsureAsync(Want(0, 200), Token);
        Assert.Equal([(0, 61), (45, 61)], _server.Log.Select(asked => (Slot(asked.Start), Slot(asked.End.AddSeconds(1)))));
        _bench.Time.Now = Start.AddMinutes(300);
        await service.EnsureAsync(Want(0, 200), Token);
        Assert.Equal((45, 200), _server.Log.Select(asked => (Slot(asked.Start), Slot(asked.End.AddSeconds(1)))).Last());
        await service.EnsureAsync(Want(0, 200), Token);
        Assert.Equal(3, _server.Log.Count);
    }

    [Fact]
    public async Task An_open_bar_is_stored_and_corrected_after_its_close()
    {
        _bench.Time.Now = Start.AddMinutes(29.5);
        var open = new FakeBar(Start.AddMinutes(29), 10, 11, 9, 10, 5, 1, 10);
        _server.Bars[_symbol.Value] = [open];
        var service = _bench.Service();
        Assert.Equal(1, (await service.EnsureAsync(Want(0, 100), Token)).Inserted);
        _server.Bars[_symbol.Value] = [open with { High = 12, Close = 12, Volume = 50 }];
        _bench.Time.Now = Start.AddMinutes(50);
        var later = await service.EnsureAsync(Want(0, 100), Token);
        Assert.Equal((0L, 1L), (later.Inserted, later.Updated));
        Assert.Equal(FakeAlpaca.Incoming(_server.Bars[_symbol.Value][0]), Assert.Single(await StoredAsync()));
    }

    [Theory]
    [InlineData("HighBelowLow", 1, 1)]
    [InlineData("NaNText", 1, 1)]
    [InlineData("OffGrid", 1, 1)]
    [InlineData("OutsideRange", 2, 0)]
    [InlineData("Duplicated", 0, 0)]
    [InlineData("Unsorted", 0, 0)]
    public async Task Invalid_bars_are_not_written_and_only_they_are_requested_again(string fault, int rejected, int missing)
    {
        _bench.Alpaca.PageSize = 1000;
        _server.NextFault = () => Enum.Parse<Fault>(fault);
        var service = _bench.Service();
        var first = await service.EnsureAsync(Want(0, 100), Token);
        Assert.Equal((rejected, missing), ((int)first.Rejected, first.StillMissing.Count));
        Assert.Equal(rejected == 0 ? SyncOutcome.Success : SyncOutcome.Partial, first.Outcome);
        var invalid = _data[_data.Count / 2];
        Assert.Equal(_data.Where(bar => missing == 0 || bar != invalid).Select(FakeAlpaca.Incoming), await StoredAsync());

        _server.NextFault = () => Fault.None;
        _server.Log.Clear();
        var second = await service.EnsureAsync(Want(0, 100), Token);
        Assert.Equal((SyncOutcome.Success, missing), (second.Outcome, (int)second.Inserted));
        Assert.All(_server.Log, asked => Assert.Equal((invalid.Time, invalid.Time.AddSeconds(59)), (asked.Start, asked.End)));
        Assert.Equal(_data.Select(FakeAlpaca.Incoming), await StoredAsync());
    }

    [Fact]
    public async Task After_a_failure_the_bars_received_stay_and_the_next_run_continues()
    {
        var answers = 0;
        _server.NextFault = () => ++answers > 2 ? Fault.ServerError : Fault.None;
        var first = await _bench.Service().EnsureAsync(Want(0, 100), Token);
        Assert.Equal((SyncOutcome.Partial, 40L), (first.Outcome, first.Inserted));
        Assert.Equal("alpaca: 503 Service Unavailable: {\"message\":\"too many requests.\"} (3 attempts).", first.Error);
        Assert.Equal(new TimeRange(_data[39].Time.AddMinutes(1), Start.AddMinutes(100)), Assert.Single(first.StillMissing));
        Assert.Equal(("partial", first.Error, 40, 40L), await LogAsync(first.RunId));

        _server.NextFault = () => Fault.None;
        _server.Log.Clear();
        var second = await _bench.Service().EnsureAsync(Want(0, 100), Token);
        Assert.Equal(_data[39].Time.AddMinutes(1), _server.Log.First().Start);
        Assert.Equal(_data.Select(FakeAlpaca.Incoming), await StoredAsync());
        Assert.Equal(("success", null, _data.Count - 40, (long)_data.Count), await LogAsync(second.RunId));
    }

    [Fact]
    public async Task A_run_without_any_answer_is_logged_as_failed()
    {
        _server.NextFault = () => Fault.ServerError;
        var result = await _bench.Service().EnsureAsync(Want(0, 100), Token);
        Assert.Equal((SyncOutcome.Failed, 0L), (result.Outcome, result.Fetched));
        Assert.Equal(("failed", result.Error, 0, 0L), await LogAsync(result.RunId));
        Assert.Equal(Range(0, 100), Assert.Single(result.StillMissing));
    }

    [Fact]
    public async Task The_total_in_the_log_includes_bars_written_by_others()
    {
        var service = _bench.Service();
        await service.EnsureAsync(Want(0, 50), Token);
        var tickers = new TickerDirectory(database.App);
        var foreign = FakeAlpaca.Incoming(new(Start.AddDays(-7), 5, 6, 4, 5, 1, 1, 5));
        await new BarWriter(database.App, tickers).WriteAsync(
            [new(await TickerAsync(), Minute, new[] { foreign })],
            new() { Source = "import" },
            Token
        );
        var result = await service.EnsureAsync(Want(0, 100), Token);
        Assert.Equal(("success", null, (int)result.Fetched, _data.Count + 1L), await LogAsync(result.RunId));
        var log = await database.ScalarAsync<DateTime[]>(
            "SELECT ARRAY[first_synced_timestamp, last_synced_timestamp] FROM market.data_sync_log WHERE id = $1",
            result.RunId!
        );
        Assert.Equal([foreign.Timestamp.UtcDateTime, _data[^1].Time.UtcDateTime], log);
    }

    [Fact]
    public async Task Payloads_are_kept_unless_switched_off()
    {
        var result = await _bench.Service().EnsureAsync(Want(0, 100), Token);
        await using var command = database.App.CreateCommand(
            "SELECT payload, bytes, request FROM market.sync_payloads WHERE sync_id = $1 ORDER BY page"
        );
        command.Parameters.Add(new() { Value = result.RunId!.Value });
        var pages = 0;
        await using (var reader = await command.ExecuteReaderAsync(Token))
        {
            while (await reader.ReadAsync(Token))
            {
                await using var gzip = new GZipStream(new MemoryStream((byte[])reader.GetValue(0)), CompressionMode.Decompress);
                using var text = new StreamReader(gzip, Encoding.UTF8);
                var json = await text.ReadToEndAsync(Token);
                Assert.Equal(reader.GetInt32(1), json.Length);
                Assert.StartsWith("{\"bars\":[{", json, StringComparison.Ordinal);
                Assert.DoesNotContain(FakeAlpaca.SecretKey, reader.GetString(2), StringComparison.Ordinal);
                pages++;
            }
        }

        Assert.Equal((_data.Count + 19) / 20, pages);
        _bench.Options.KeepPayloads = false;
        var quiet = await _bench.Service().EnsureAsync(Want(100, 120), Token);
        Assert.Equal(
            0L,
            await database.ScalarAsync<long>("SELECT count(*) FROM market.sync_payloads WHERE sync_id = $1", quiet.RunId!.Value)
        );
    }

    [Fact]
    public async Task Concurrent_requests_for_the_same_bars_share_one_fetch()
    {
        var (here, there) = (_bench.Service(), _bench.Service());
        var results = await Task.WhenAll(
            Enumerable.Range(0, 20).Select(i => (i % 2 == 0 ? here : there).EnsureAsync(Want(i % 5, 100 - i % 3), Token))
        );
        Assert.All(results, result => Assert.Equal((SyncOutcome.Success, 0), (result.Outcome, result.StillMissing.Count)));
        Assert.Equal(_data.Select(FakeAlpaca.Incoming), await StoredAsync());
        // Whatever the order of the requests was, no minute was fetched twice.
        var asked = _server.Log.Where(asked => asked.Token is null).OrderBy(asked => asked.Start).ToList();
        Assert.All(asked.Zip(asked.Skip(1)), pair => Assert.True(pair.First.End < pair.Second.Start, $"{pair.First} and {pair.Second}"));
        Assert.Equal(_server.Log.Count, _server.Log.Distinct().Count());
    }

    [Fact]
    public async Task A_shared_fetch_continues_until_its_last_request_is_cancelled()
    {
        var service = _bench.Service();
        var arrived = new TaskCompletionSource();
        var go = new TaskCompletionSource();
        _server.BeforeAnswer = () =>
        {
            arrived.TrySetResult();
            return go.Task;
        };
        using var impatient = new CancellationTokenSource();
        var one = service.EnsureAsync(Want(0, 100), impatient.Token);
        await arrived.Task;
        var other = service.EnsureAsync(Want(0, 100), Token);
        await impatient.CancelAsync();
        await Assert.ThrowsAnyAsync<OperationCanceledException>(() => one);
        go.SetResult();
        Assert.Equal(SyncOutcome.Success, (await other).Outcome);
        Assert.Single(_server.Log, asked => asked.Token is null);
    }

    [Fact]
    public async Task A_fetch_ends_when_all_its_requests_are_cancelled_and_the_next_starts_at_once()
    {
        var service = _bench.Service();
        var arrived = new TaskCompletionSource();
        var never = new TaskCompletionSource();
        _server.BeforeAnswer = () =>
        {
            arrived.TrySetResult();
            return never.Task;
        };
        using var gone = new CancellationTokenSource();
        var one = service.EnsureAsync(Want(0, 100), gone.Token);
        await arrived.Task;
        await gone.CancelAsync();
        await Assert.ThrowsAnyAsync<OperationCanceledException>(() => one);
        _server.BeforeAnswer = () => Task.CompletedTask;
        never.SetResult();
        Assert.Equal(SyncOutcome.Success, (await _bench.Service().EnsureAsync(Want(0, 100), Token)).Outcome);
    }

    [Fact]
    public async Task Nothing_is_written_if_the_fence_throws()
    {
        await Assert.ThrowsAsync<LeaseLostException>(() =>
            _bench.Service().EnsureAsync(Want(0, 100) with { Fence = (_, _) => throw new LeaseLostException("feed/1") }, Token)
        );
        Assert.Empty(await StoredAsync());
        Assert.Equal(
            0L,
            await database.ScalarAsync<long>("SELECT count(*) FROM market.sync_coverage WHERE ticker_id = $1", await TickerAsync())
        );
        Assert.Equal(
            0L,
            await database.ScalarAsync<long>("SELECT count(*) FROM market.data_sync_log WHERE ticker_id = $1", await TickerAsync())
        );
    }

    [Fact]
    public async Task Of_many_gaps_the_newest_are_fetched_and_the_rest_is_reported()
    {
        var service = _bench.Service();
        foreach (var slot in new[] { 10, 20, 30 })
        {
            await service.EnsureAsync(Want(slot, slot + 1), Token);
        }

        _server.Log.Clear();
        var result = await service.EnsureAsync(Want(0, 40) with { MaxGaps = 2 }, Token);
        Assert.Equal([21, 31], _server.Log.Select(asked => Slot(asked.Start)));
        Assert.Equal((SyncOutcome.Partial, "2 older gaps are left for the next run"), (result.Outcome, result.Error));
        Assert.Equal([Range(0, 10), Range(11, 20)], result.StillMissing);
    }

    [Fact]
    public async Task Daily_bars_are_fetched_by_session_date()
    {
        FakeBar Day(int day, int hour) => new(new(2024, 3, day, hour, 0, 0, TimeSpan.Zero), 10, 12, 9, 11, 100, 5, 10.5m);
        _server.Bars[_symbol.Value] = [Day(8, 5), Day(11, 4), Day(12, 4)];
        _bench.Time.Now = new(2024, 3, 12, 18, 0, 0, TimeSpan.Zero);
        var service = _bench.Service();
        var request = new SyncRequest(_symbol, Timeframe.Day1, new(new(2024, 3, 1, 0, 0, 0, TimeSpan.Zero), _bench.Time.Now));
        Assert.Equal(3, (await service.EnsureAsync(request, Token)).Inserted);
        Assert.Equal([8, 11, 12], (await _bench.StoredAsync(_symbol, Timeframe.Day1, Token)).Select(bar => bar.Timestamp.Day));
        // The newest session is still open, so it is fetched again with the one before it, which is not settled; earlier ones are not.
        await service.EnsureAsync(request, Token);
        Assert.Equal(new DateTimeOffset(2024, 3, 11, 4, 0, 0, TimeSpan.Zero), _server.Log.Last().Start);
    }

    [Fact]
    public async Task An_unknown_provider_is_refused_with_the_reason()
    {
        var service = _bench.Service();
        Assert.Equal(
            "'nobody' is no provider that is configured: one of alpaca is expected.",
            (
                await Assert.ThrowsAsync<NoSuchProviderException>(() => service.EnsureAsync(Want(0, 1) with { Provider = "nobody" }, Token))
            ).Message
        );
    }

    private static int Slot(DateTimeOffset instant) => (int)(instant - Start).TotalMinutes;

    private static TimeRange Range(int from, int to) => new(Start.AddMinutes(from), Start.AddMinutes(to));

    private SyncRequest Want(int from, int to) => new(_symbol, Minute, Range(from, to));

    private Task<List<IncomingBar>> StoredAsync() => _bench.StoredAsync(_symbol, Minute, Token);

    private Task<int> TickerAsync() => database.ScalarAsync<int>("SELECT id FROM market.tickers WHERE symbol = $1", _symbol.Value);

    private async Task<(string Status, string? Error, int Fetched, long Total)> LogAsync(long? run)
    {
        await using var command = database.App.CreateCommand(
            "SELECT status, error_message, bars_fetched, total_bars FROM market.data_sync_log WHERE id = $1"
        );
        command.Parameters.Add(new() { Value = run!.Value });
        await using var reader = await command.ExecuteReaderAsync(Token);
        Assert.True(await reader.ReadAsync(Token));
        return (reader.GetString(0), reader.GetValue(1) as string, reader.GetInt32(2), reader.GetInt64(3));
    }
}
