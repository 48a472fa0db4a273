using System.Collections.Concurrent;
using System.Threading.Channels;
using Microsoft.Extensions.Logging;
using Npgsql;
using Wyckoff.Bars;
using Wyckoff.Bars.Writing;
using Wyckoff.Hosting;
using Wyckoff.Live;
using Wyckoff.Primitives;

namespace Wyckoff.Tests.Live;

/// <summary>Tests of the live stream against a server on a real socket, with a clock that only the test moves.</summary>
public sealed class LiveStreamTests
{
    private static readonly DateTimeOffset Start = new(2026, 3, 2, 15, 0, 10, TimeSpan.Zero);
    private static readonly TimeZoneInfo NewYork = TimeZoneInfo.FindSystemTimeZoneById("America/New_York");

    private static CancellationToken Token => TestContext.Current.CancellationToken;

    [Fact(Timeout = 120_000)]
    public async Task Minute_bars_corrections_and_daily_bars_are_written()
    {
        await using var rig = await Rig.StartAsync([Minutes("SPY"), Days("SPY"), Minutes("QQQ", 2)]);
        var session = await rig.Server.AcceptSubscribedAsync();
        Assert.Equal("QQQ,SPY|QQQ,SPY|SPY|", session.Channels);

        await session.SendAsync(
            $"[{Bar("b", "SPY", "14:59", 10)},{Bar("d", "SPY", "05:00", 20)},{Bar("b", "QQQ", "14:59", 30)},{Bar("b", "IWM", "14:59", 40)}]"
        );
        await session.SendAsync($"[{Bar("u", "SPY", "14:59", 11)}]");
        await rig.WrittenAsync(4);

        await rig.IdleAsync();
        Assert.Equal(["1 1d 2026-03-02T00:00 20", "1 1m 2026-03-02T14:59 11", "2 1m 2026-03-02T14:59 30"], rig.Stored);
        Assert.Equal(("alpaca", ConflictPolicy.Replace), (rig.Writing.Source, rig.Writing.Policy));
        Assert.Equal(new LiveStatus(true, Start, 3, 3, 3, 0, null), rig.Stream.Status);
    }

    [Fact(Timeout = 120_000)]
    public async Task Messages_split_into_frames_and_larger_than_the_buffer_are_read()
    {
        await using var rig = await Rig.StartAsync([Minutes("SPY")]);
        var session = await rig.Server.AcceptSubscribedAsync();
        await session.SendSplitAsync(
            $"[{string.Join(',', Enumerable.Range(0, 59).Select(minute => Bar("b", "SPY", $"14:{minute:00}", minute + 1)))}]",
            7
        );
        Assert.Equal("still there?", await session.PingAsync("still there?"));
        // Larger than the buffer it is read into.
        await session.SendAsync($"[{string.Join(',', Enumerable.Range(0, 2000).Select(_ => Bar("u", "SPY", "14:59", 60)))}]");
        await rig.WrittenAsync(2059);
        Assert.Equal(Enumerable.Range(0, 60).Select(minute => $"1 1m 2026-03-02T14:{minute:00} {minute + 1}"), rig.Stored);
    }

    [Theory(Timeout = 120_000)]
    [InlineData(402, "auth failed")]
    [InlineData(409, "insufficient subscription")]
    public async Task Refused_credentials_are_logged_once_and_retried_after_five_minutes(int code, string words)
    {
        await using var rig = await Rig.StartAsync([Minutes("SPY")]);
        var session = await rig.Server.AcceptAsync();
        await session.SendAsync("""[{"T":"success","msg":"connected"}]""");
        await session.ReceiveAsync();
        await session.SendAsync($$"""[{"T":"error","code":{{code}},"msg":"{{words}}"}]""");

        await rig.Time.WaitedForAsync(TimeSpan.FromMinutes(5));
        Assert.Equal((false, $"{code} {words}"), (rig.Stream.Status.Connected, rig.Stream.Status.Fault));
        var log = Assert.Single(rig.Log.Entries, entry => entry.Level >= LogLevel.Warning);
        Assert.Equal((2402, LogLevel.Error), (log.Id, log.Level));
        Assert.Contains("Wyckoff:Providers:Alpaca", log.Text, StringComparison.Ordinal);
        Assert.DoesNotContain(AlpacaServer.Secret, log.Text, StringComparison.Ordinal);

        rig.Time.Advance(TimeSpan.FromMinutes(5) - TimeSpan.FromTicks(1));
        Assert.Equal(0, rig.Server.Waiting);
        rig.Time.Advance(TimeSpan.FromTicks(1));
        await rig.Server.AcceptSubscribedAsync();
    }

    [Fact(Timeout = 120_000)]
    public async Task After_the_connection_limit_the_stream_waits_longer_before_it_reconnects()
    {
        await using var rig = await Rig.StartAsync([Minutes("SPY")]);
        var session = await rig.Server.AcceptAsync();
        await session.SendAsync("""[{"T":"error","code":406,"msg":"connection limit exceeded"}]""");
        await rig.Time.WaitedForAsync(TimeSpan.FromSeconds(10));
        Assert.Equal("406 connection limit exceeded", rig.Stream.Status.Fault);
        rig.Time.Advance(TimeSpan.FromSeconds(10));
        await rig.Server.AcceptSubscribedAsync();
    }

    [Fact(Timeout = 120_000)]
    public async Task Pauses_between_attempts_grow_and_are_randomized()
    {
        await using var rig = await Rig.StartAsync([Minutes("SPY")]);
        for (var (attempt, whole) = (1, 3); attempt < 8; attempt++, whole = Math.Min(60, whole * 2))
        {
            (await rig.Server.AcceptAsync()).End();
            await rig.Time.WaitedForAsync(TimeSpan.FromSeconds(whole / 2.0), TimeSpan.FromSeconds(whole));
            rig.Time.Advance(TimeSpan.FromSeconds(whole));
        }

        var random = new Backoff(new Random(1));
        Assert.Equal(
            20,
            Enumerable.Range(0, 20).Select(_ => random.After(3, TimeSpan.FromSeconds(1), TimeSpan.FromMinutes(1))).Distinct().Count()
        );
    }

    [Fact(Timeout = 120_000)]
    public async Task A_handshake_without_an_answer_times_out()
    {
        await using var rig = await Rig.StartAsync([Minutes("SPY")], options => options with { Timeout = TimeSpan.FromSeconds(15) });
        await rig.Server.AcceptAsync();
        await rig.Time.WaitedForAsync(TimeSpan.FromSeconds(15));
        rig.Time.Advance(TimeSpan.FromSeconds(15));
        await rig.PausedAsync();
        Assert.Contains("no answer from 127.0.0.1 within 15 s", rig.Stream.Status.Fault, StringComparison.Ordinal);
    }

    [Fact(Timeout = 120_000)]
    public async Task A_silent_connection_gets_a_heartbeat_and_is_closed_without_an_answer()
    {
        await using var rig = await Rig.StartAsync(
            [Minutes("SPY")],
            options => options with { Heartbeat = TimeSpan.FromSeconds(30), Timeout = TimeSpan.FromSeconds(15) }
        );
        var session = await rig.Server.AcceptSubscribedAsync();
        await rig.RepairedAsync();
        await rig.Time.WaitedForAsync(TimeSpan.FromSeconds(30));
        // The first interval sees a message, so the second one is the first silent one.
        await session.SendAsync($"[{Bar("b", "SPY", "14:58", 10)}]");
        await rig.WrittenAsync(1);
        rig.Time.Advance(TimeSpan.FromSeconds(30));
        await rig.Time.WaitedForAsync(TimeSpan.FromSeconds(30));
        rig.Time.Advance(TimeSpan.FromSeconds(30));
        var sign = await session.ConfirmAsync();
        Assert.Equal(("subscribe", "SPY"), (sign.GetProperty("action").GetString(), sign.GetProperty("bars")[0].GetString()));
        await session.SendAsync($"[{Bar("b", "SPY", "14:59", 10)}]");
        await rig.WrittenAsync(1);
        await rig.Time.WaitedForAsync(TimeSpan.FromSeconds(15));
        rig.Time.Advance(TimeSpan.FromSeconds(15));

        await rig.Time.WaitedForAsync(TimeSpan.FromSeconds(30));
        Assert.True(rig.Stream.Status.Connected);
        rig.Time.Advance(TimeSpan.FromSeconds(30));
        await session.ReceiveAsync(); // The heartbeat stays unanswered.
        await rig.Time.WaitedForAsync(TimeSpan.FromSeconds(15));
        rig.Time.Advance(TimeSpan.FromSeconds(15));
        await rig.PausedAsync();
        Assert.Contains("nothing was received for 45 s", rig.Stream.Status.Fault, StringComparison.Ordinal);
        rig.Time.Advance(TimeSpan.FromSeconds(3));
        await rig.Server.AcceptSubscribedAsync();
    }

    [Fact(Timeout = 120_000)]
    public async Task After_a_disconnect_exactly_the_missed_range_is_repaired_and_again_when_final()
    {
        await using var rig = await Rig.StartAsync([Minutes("SPY") with { RepairFrom = At("14:30") }]);
        var session = await rig.Server.AcceptSubscribedAsync();
        // From the newest stored bar until now. Two minutes later, what was not final yet, including the minute in progress.
        Assert.Equal("SPY 1m [2026-03-02T14:30:00Z, 2026-03-02T15:00:10Z)", await rig.RepairedAsync());
        await rig.Time.WaitedForAsync(TimeSpan.FromMinutes(2));
        rig.Time.Advance(TimeSpan.FromMinutes(2));
        Assert.Equal("SPY 1m [2026-03-02T14:58:00Z, 2026-03-02T15:01:00Z)", await rig.RepairedAsync());
        // The gap closes when the answer is processed. A disconnect before that would keep it open.
        await rig.ClosedAsync();
        rig.Time.Advance(TimeSpan.FromMinutes(2));
        await session.SendAsync($"[{Bar("b", "SPY", "15:03", 10)}]");
        await rig.WrittenAsync(1);
        await rig.CommittedAsync(1);

        await session.CutAsync($"[{Bar("b", "SPY", "15:04", 11)}]");
        await rig.PausedAsync();
        Assert.False(rig.Stream.Status.Connected);
        rig.Time.Advance(TimeSpan.FromMinutes(5));
        await rig.Server.AcceptSubscribedAsync();

        Assert.Equal("SPY 1m [2026-03-02T15:03:00Z, 2026-03-02T15:09:10Z)", await rig.RepairedAsync());
        Assert.Equal(["1 1m 2026-03-02T15:03 10"], rig.Stored);
    }

    [Fact(Timeout = 120_000)]
    public async Task A_gap_that_could_not_be_repaired_is_kept_across_connections()
    {
        await using var rig = await Rig.StartAsync([Minutes("SPY") with { RepairFrom = At("14:30") }]);
        rig.RepairFault = new IOException("away");
        var session = await rig.Server.AcceptSubscribedAsync();
        Assert.Equal("SPY 1m [2026-03-02T14:30:00Z, 2026-03-02T15:00:10Z)", await rig.RepairedAsync());
        // Newer bars must not hide the gap before them.
        await session.SendAsync($"[{Bar("b", "SPY", "14:59", 10)}]");
        await rig.WrittenAsync(1);
        await rig.CommittedAsync(1);
        await rig.PausedAsync();
        rig.Time.Advance(TimeSpan.FromSeconds(3));
        Assert.Equal("SPY 1m [2026-03-02T14:30:00Z, 2026-03-02T15:00:10Z)", await rig.RepairedAsync());

        await rig.PausedAsync(2);
        rig.RepairFault = null;
        session.End();
        await rig.DisconnectedAsync();
        rig.Time.Advance(TimeSpan.FromMinutes(1));
        await rig.Server.AcceptSubscribedAsync();
        Assert.Equal("SPY 1m [2026-03-02T14:30:00Z, 2026-03-02T15:01:13Z)", await rig.RepairedAsync());
    }

    [Fact(Timeout = 120_000)]
    public async Task Bars_received_during_a_repair_are_not_overwritten_by_an_older_answer()
    {
        await using var rig = await Rig.StartAsync([Minutes("SPY") with { RepairFrom = At("14:58") }]);
        var asked = new TaskCompletionSource();
        var answer = new TaskCompletionSource();
        rig.Repairing = async () =>
        {
            asked.TrySetResult();
            await answer.Task;
            rig.Store(1, Timeframe.Minute1, At("14:58"), 5);
            rig.Store(1, Timeframe.Minute1, At("14:59"), 6);
        };
        var session = await rig.Server.AcceptSubscribedAsync();
        await asked.Task.WaitAsync(Token);
        await session.SendAsync($"[{Bar("b", "SPY", "14:59", 10)}]");
        await session.SendAsync($"[{Bar("u", "SPY", "14:59", 11)}]");
        await rig.WrittenAsync(2);
        answer.SetResult();
        await rig.WrittenAsync(1);
        Assert.Equal(["1 1m 2026-03-02T14:58 5", "1 1m 2026-03-02T14:59 11"], rig.Stored);
    }

    [Fact(Timeout = 120_000)]
    public async Task A_database_that_hangs_slows_the_server_down_and_loses_nothing()
    {
        await using var rig = await Rig.StartAsync(
            [Minutes("SPY")],
            options => options with { Capacity = 100, BatchSize = 50, Heartbeat = TimeSpan.FromSeconds(30) }
        );
        var free = new TaskCompletionSource();
        rig.BeforeWrite = () => free.Task;
        var session = await rig.Server.AcceptSubscribedAsync();
        // Far more than the socket buffers hold.
        const int Frames = 3000;
        var sending = Task.Run(
            async () =>
            {
                for (var frame = 0; frame < Frames; frame++)
                {
                    var bars = Enumerable.Range(0, 20).Select(i => Bar("u", "SPY", $"14:{frame % 60:00}", (frame * 20) + i + 1));
                    await session.SendAsync($"[{string.Join(',', bars)}]");
                }
            },
            Token
        );
        await rig.Time.WaitedForAsync(TimeSpan.FromMinutes(7));
        await rig.QueuedAsync(100);
        Assert.InRange(rig.Stream.Status.Queued, 100, 150);
        // Silence is not treated as a dead connection while the stream has stopped reading because its buffer is full.
        rig.Time.Advance(TimeSpan.FromMinutes(6));

        free.SetResult();
        await sending.WaitAsync(Token);
        await rig.WrittenAsync(Frames * 20);
        // Bars that come during a repair are written twice, so the count may be reached before the last bar is stored.
        var expected = Enumerable.Range(0, 60).Select(minute => $"1 1m 2026-03-02T14:{minute:00} {((Frames - 60 + minute) * 20) + 20}");
        await Eventually.HoldsAsync(() => rig.Stored.SequenceEqual(expected), () => string.Join('\n', rig.Stored));
        Assert.True(rig.Stream.Status.Connected);
    }

    [Fact(Timeout = 120_000)]
    public async Task A_database_that_hangs_for_too_long_ends_the_connection_and_the_rest_is_repaired()
    {
        await using var rig = await Rig.StartAsync([Minutes("SPY")], options => options with { Capacity = 1, BatchSize = 1 });
        var (entered, free) = (new TaskCompletionSource(), new TaskCompletionSource());
        rig.BeforeWrite = () =>
        {
            entered.TrySetResult();
            return free.Task;
        };
        var session = await rig.Server.AcceptSubscribedAsync();
        Assert.Equal("SPY 1m [2026-03-02T14:58:00Z, 2026-03-02T15:00:10Z)", await rig.RepairedAsync());
        await rig.Time.WaitedForAsync(TimeSpan.FromMinutes(2));
        rig.Time.Advance(TimeSpan.FromMinutes(2));
        Assert.Equal("SPY 1m [2026-03-02T14:58:00Z, 2026-03-02T15:01:00Z)", await rig.RepairedAsync());
        await rig.ClosedAsync();
        // The first bar is being written, the second is in the buffer, the third waits for room, the fourth comes after it. They are sent
        // one by one, so that no other bar starts the buffer timeout.
        await session.SendAsync($"[{Bar("b", "SPY", "14:56", 1)}]");
        await entered.Task.WaitAsync(Token);
        await session.SendAsync($"[{Bar("b", "SPY", "14:57", 2)}]");
        await rig.QueuedAsync(2);
        await session.SendAsync($"[{Bar("b", "SPY", "15:01", 3)},{Bar("b", "SPY", "15:02", 4)}]");
        await rig.Time.WaitedForAsync(TimeSpan.FromMinutes(7));
        rig.Time.Advance(TimeSpan.FromMinutes(7));
        await rig.DisconnectedAsync();
        Assert.Contains("has not accepted bars", rig.Stream.Status.Fault, StringComparison.Ordinal);
        rig.Time.Advance(TimeSpan.FromMinutes(1));
        Assert.Equal(0, rig.Server.Waiting);

        free.SetResult();
        await rig.Server.AcceptSubscribedAsync();
        // Bars received but not written do not count as stored, so the repair starts before them.
        Assert.Equal("SPY 1m [2026-03-02T14:58:00Z, 2026-03-02T15:10:10Z)", await rig.RepairedAsync());
        await rig.WrittenAsync(2);
        Assert.Equal(["1 1m 2026-03-02T14:56 1", "1 1m 2026-03-02T14:57 2"], rig.Stored);
    }

    [Fact(Timeout = 120_000)]
    public async Task A_failed_write_is_retried_and_a_refused_bar_does_not_stop_the_others()
    {
        await using var rig = await Rig.StartAsync([Minutes("SPY"), Minutes("QQQ", 2)]);
        var session = await rig.Server.AcceptSubscribedAsync();
        await rig.RepairedAsync();
        await rig.RepairedAsync();
        var failures = 2;
        rig.BeforeWrite = () => failures-- > 0 ? Task.FromException(new NpgsqlException("away", new IOException())) : Task.CompletedTask;
        rig.Refused = 2;
        await session.SendAsync($"[{Bar("b", "SPY", "14:58", 1)},{Bar("b", "QQQ", "14:59", 2)}]");
        await rig.PausedAsync();
        rig.Time.Advance(TimeSpan.FromSeconds(3));
        await rig.PausedAsync(2);
        rig.Time.Advance(TimeSpan.FromSeconds(6));
        await rig.WrittenAsync(1);
        Assert.Equal(["1 1m 2026-03-02T14:58 1"], rig.Stored);
        // The bar that the database refused is fetched from the provider again.
        Assert.StartsWith("QQQ 1m [2026-03-02T14:5", await rig.RepairedAsync(), StringComparison.Ordinal);
        Assert.Contains(rig.Log.Entries, entry => entry.Id == 2408 && entry.Text.Contains("1 bars of QQQ 1m", StringComparison.Ordinal));
        Assert.Equal(2, rig.Log.Entries.Count(entry => entry.Id == 2407));
    }

    [Fact(Timeout = 120_000)]
    public async Task Changed_subscriptions_are_sent_over_the_same_connection()
    {
        await using var rig = await Rig.StartAsync([Minutes("SPY")]);
        var session = await rig.Server.AcceptSubscribedAsync();
        Assert.StartsWith("SPY", await rig.RepairedAsync(), StringComparison.Ordinal);

        rig.Stream.SetSubscriptions([Minutes("QQQ", 2), Days("SPY"), Minutes("IWM", 3) with { FromTrades = true }]);
        Assert.Equal("unsubscribe", (await session.ConfirmAsync()).GetProperty("action").GetString());
        Assert.Equal("subscribe", (await session.ConfirmAsync()).GetProperty("action").GetString());
        Assert.Equal("QQQ|QQQ|SPY|IWM", session.Channels);
        // The past of each new live subscription has to be fetched.
        Assert.Equal(
            ["IWM 1m", "QQQ 1m", "SPY 1d"],
            new[] { await rig.RepairedAsync(), await rig.RepairedAsync(), await rig.RepairedAsync() }
                .Select(text => text[..6])
                .Order(StringComparer.Ordinal)
        );

        await session.SendAsync($"[{Bar("b", "SPY", "14:59", 1)},{Bar("b", "QQQ", "14:59", 2)}]");
        await rig.WrittenAsync(1);
        Assert.Equal(["2 1m 2026-03-02T14:59 2"], rig.Stored);

        rig.Stream.SetSubscriptions([]);
        await session.ClosedAsync();
        Assert.Equal(0, rig.Server.Waiting);
        rig.Stream.SetSubscriptions([Minutes("SPY")]);
        await rig.Server.AcceptSubscribedAsync();
    }

    [Fact(Timeout = 120_000)]
    public async Task A_refused_live_subscription_does_not_affect_the_others()
    {
        await using var rig = await Rig.StartAsync([Minutes("SPY")]);
        var session = await rig.Server.AcceptSubscribedAsync();
        rig.Stream.SetSubscriptions([Minutes("SPY"), Minutes("QQQ", 2)]);
        await session.ReceiveAsync();
        await session.SendAsync("""[{"T":"error","code":405,"msg":"symbol limit exceeded"}]""");
        await session.SendAsync($"[{Bar("b", "SPY", "14:59", 1)}]");
        await rig.WrittenAsync(1);
        await rig.IdleAsync();
        Assert.Equal(new LiveStatus(true, Start, 2, 1, 2, 0, "subscription refused: 405 symbol limit exceeded"), rig.Stream.Status);
    }

    [Fact(Timeout = 120_000)]
    public async Task Invalid_bars_are_rejected_and_logged()
    {
        await using var rig = await Rig.StartAsync([Minutes("SPY")]);
        var session = await rig.Server.AcceptSubscribedAsync();
        await session.SendAsync(
            $$"""[{{Bar("b", "SPY", "15:06", 1)}},{{Bar("b", "SPY", "14:58:30", 1)}},{"T":"b","S":"SPY"},{{Bar("b", "SPY", "14:59", 7)}}]"""
        );
        await rig.WrittenAsync(1);
        Assert.Equal(["1 1m 2026-03-02T14:59 7"], rig.Stored);
        Assert.Equal(3, rig.Log.Entries.Count(entry => entry.Id == 2404));
    }

    [Fact(Timeout = 120_000)]
    public async Task Minutes_are_built_from_trades_and_a_cancelled_trade_triggers_a_repair()
    {
        await using var rig = await Rig.StartAsync([Minutes("SPY") with { FromTrades = true, RepairFrom = At("14:58") }]);
        var session = await rig.Server.AcceptSubscribedAsync();
        Assert.Equal("|||SPY", session.Channels);
        Assert.Equal("SPY 1m [2026-03-02T14:58:00Z, 2026-03-02T15:00:10Z)", await rig.RepairedAsync());
        await rig.Time.WaitedForAsync(TimeSpan.FromMinutes(2));
        rig.Time.Advance(TimeSpan.FromMinutes(2)); // 15:02:10
        Assert.Equal("SPY 1m [2026-03-02T14:58:00Z, 2026-03-02T15:01:00Z)", await rig.RepairedAsync());

        await session.SendAsync(
            $"[{Trade("SPY", "15:00:40", 99)},{Trade("SPY", "15:01:05", 10)},{Trade("SPY", "15:01:50", 12)},{Trade("SPY", "15:02:09", 13)}]"
        );
        await rig.WrittenAsync(1);
        Assert.Equal(["1 1m 2026-03-02T15:01 12"], rig.Stored);
        await session.SendAsync($"[{Trade("SPY", "15:01:55", 14)}]");
        await rig.WrittenAsync(1);
        Assert.Equal(["1 1m 2026-03-02T15:01 14"], rig.Stored);

        await session.SendAsync("""[{"T":"x","i":1,"S":"SPY","x":"D","p":10,"s":1,"a":"C","z":"C","t":"2026-03-02T15:02:10Z"}]""");
        Assert.Equal("SPY 1m [2026-03-02T15:01:00Z, 2026-03-02T15:02:10Z)", await rig.RepairedAsync());
        await session.SendAsync($"[{Trade("SPY", "15:02:20", 15)},{Trade("SPY", "15:03:00", 16)},{Trade("SPY", "15:04:00", 17)}]");
        await rig.WrittenAsync(1);
        Assert.Equal(["1 1m 2026-03-02T15:01 14", "1 1m 2026-03-02T15:03 16"], rig.Stored);
    }

    [Fact(Timeout = 120_000)]
    public async Task Stopping_the_stream_writes_the_bars_received()
    {
        await using var rig = await Rig.StartAsync([Minutes("SPY")]);
        var (entered, free) = (new TaskCompletionSource(), new TaskCompletionSource());
        rig.BeforeWrite = () =>
        {
            entered.TrySetResult();
            return free.Task;
        };
        var session = await rig.Server.AcceptSubscribedAsync();
        await session.SendAsync($"[{Bar("b", "SPY", "14:58", 1)},{Bar("b", "SPY", "14:59", 1)}]");
        await entered.Task.WaitAsync(Token);
        var stopped = rig.StopAsync();
        free.SetResult();
        await stopped;
        Assert.Equal(["1 1m 2026-03-02T14:58 1", "1 1m 2026-03-02T14:59 1"], rig.Stored);
    }

    [Fact(Timeout = 120_000)]
    public async Task A_write_error_that_cannot_be_retried_ends_the_stream()
    {
        await using var rig = await Rig.StartAsync([Minutes("SPY")]);
        rig.BeforeWrite = () => Task.FromException(new NotSupportedException("the lease is gone"));
        var session = await rig.Server.AcceptSubscribedAsync();
        await session.SendAsync($"[{Bar("b", "SPY", "14:59", 1)}]");
        Assert.Equal("the lease is gone", (await Assert.ThrowsAsync<NotSupportedException>(() => rig.Running.WaitAsync(Token))).Message);
    }

    private static DateTimeOffset At(string time) =>
        DateTimeOffset.Parse($"2026-03-02T{time}Z", System.Globalization.CultureInfo.InvariantCulture);

    private static LiveSubscription Minutes(string symbol, int id = 1) =>
        new(new(id, Symbol.Parse(symbol), NewYork), Timeframe.Minute1, At("14:58"));

    private static LiveSubscription Days(string symbol, int id = 1) =>
        new(new(id, Symbol.Parse(symbol), NewYork), Timeframe.Day1, At("00:00"));

    private static string Bar(string type, string symbol, string time, int price)
    {
        var prices = $$""" "o":{{price}},"h":{{price}},"l":{{price}},"c":{{price}},"vw":{{price}}""";
        var timestamp = $"2026-03-02T{(time.Length == 5 ? time + ":00" : time)}Z";
        return $$"""{"T":"{{type}}","S":"{{symbol}}",{{prices}},"v":100,"n":3,"t":"{{timestamp}}"}""";
    }

    private static string Trade(string symbol, string time, int price) =>
        $$"""{"T":"t","i":1,"S":"{{symbol}}","x":"D","p":{{price}},"s":100,"t":"2026-03-02T{{time}}Z","c":["@"],"z":"C"}""";

    /// <summary>A live stream with a fake server, a fake table in memory and a fake provider for repairs.</summary>
    private sealed class Rig : IAsyncDisposable
    {
        private readonly CancellationTokenSource _stop = new();
        private readonly ConcurrentDictionary<(int Ticker, string Timeframe, DateTimeOffset Time), IncomingBar> _stored = [];
        private readonly Channel<int> _writes = Channel.CreateUnbounded<int>();
        private readonly Channel<string> _repairs = Channel.CreateUnbounded<string>();
        private int _written;

        private Rig(AlpacaServer server, IEnumerable<LiveSubscription> subscriptions, Func<LiveStreamOptions, LiveStreamOptions>? change)
        {
            Server = server;
            // Timeouts are long, because tests advance the clock while the stream waits for a real answer.
            var options = new LiveStreamOptions
            {
                Url = server.Url,
                Key = AlpacaServer.Key,
                Secret = AlpacaServer.Secret,
                BatchDelay = TimeSpan.Zero,
                FirstPause = TimeSpan.FromSeconds(3),
                Heartbeat = TimeSpan.FromDays(1),
                Timeout = TimeSpan.FromHours(1),
                BufferFullTimeout = TimeSpan.FromMinutes(7),
            };
            Stream = new(change?.Invoke(options) ?? options, Writing, WriteAsync, RepairAsync, Time, new Random(7), Log);
            Stream.SetSubscriptions(subscriptions);
            Running = Task.Run(() => Stream.RunAsync(_stop.Token));
        }

        public ManualTime Time { get; } = new(Start);

        public AlpacaServer Server { get; }

        public LiveStream Stream { get; }

        public Task Running { get; }

        public BarWriteOptions Writing { get; } = new() { Source = "alpaca", Policy = ConflictPolicy.Replace };

        public LogCollector<LiveStream> Log { get; } = new();

        public Func<Task>? BeforeWrite { get; set; }

        public Func<Task>? Repairing { get; set; }

        public Exception? RepairFault { get; set; }

        /// <summary>The ticker whose bars the table refuses.</summary>
        public int Refused { get; set; }

        public IEnumerable<string> Stored =>
            _stored
                .OrderBy(pair => pair.Key)
                .Select(pair =>
                    FormattableString.Invariant(
                        $"{pair.Key.Ticker} {pair.Key.Timeframe} {pair.Key.Time:yyyy-MM-ddTHH:mm} {IncomingBar.Text(pair.Value.Close)}"
                    )
                );

        public static async Task<Rig> StartAsync(
            IEnumerable<LiveSubscription> subscriptions,
            Func<LiveStreamOptions, LiveStreamOptions>? change = null
        ) => new(await AlpacaServer.StartAsync(), subscriptions, change);

        public void Store(int ticker, Timeframe timeframe, DateTimeOffset time, int price)
        {
            Assert.Null(IncomingBar.TryCreate(time, price, price, price, price, 100, 3, price, out var bar));
            _stored[(ticker, timeframe.Name, time)] = bar;
        }

        /// <summary>Waits until <paramref name="count"/> more bars have been written.</summary>
        public async Task WrittenAsync(int count)
        {
            for (_written -= count; _written < 0; )
            {
                _written += await _writes.Reader.ReadAsync(Token);
            }
        }

        /// <summary>Waits until the stream has registered the commit of the stored bars.</summary>
        public async Task CommittedAsync(int count)
        {
            Assert.Equal(count, _stored.Count);
            await IdleAsync();
        }

        public async Task StopAsync()
        {
            await _stop.CancelAsync();
            await Running.WaitAsync(Token);
        }

        public Task IdleAsync() => Eventually.HoldsAsync(() => Stream.Status.Queued == 0);

        /// <summary>Waits until the provider has answered finally for every gap.</summary>
        public Task ClosedAsync() => Eventually.HoldsAsync(() => Stream.Status.Gaps == 0);

        /// <summary>Waits for the pause after the given number of failures in a row. No other wait has its length.</summary>
        public Task PausedAsync(int failures = 1) =>
            Time.WaitedForAsync(TimeSpan.FromSeconds(1.5) * (1 << (failures - 1)), TimeSpan.FromSeconds(3) * (1 << (failures - 1)));

        public async Task DisconnectedAsync()
        {
            await Eventually.HoldsAsync(() => !Stream.Status.Connected);
            await PausedAsync();
        }

        public Task QueuedAsync(int count) =>
            Eventually.HoldsAsync(() => Stream.Status.Queued >= count, () => $"{Stream.Status.Queued} are queued");

        public async Task<string> RepairedAsync() => await _repairs.Reader.ReadAsync(Token);

        public async ValueTask DisposeAsync()
        {
            await _stop.CancelAsync();
            // Stopping waits for the last write until a timeout, so the clock has to move.
            using var bound = new CancellationTokenSource(Eventually.Bound);
            while (!Running.IsCompleted)
            {
                bound.Token.ThrowIfCancellationRequested();
                Time.Advance(TimeSpan.FromSeconds(1));
                await Task.Yield();
            }

            await Server.DisposeAsync();
            _stop.Dispose();
        }

        private async Task<BarWriteResult> WriteAsync(
            IReadOnlyList<BarSet> sets,
            BarWriteOptions options,
            CancellationToken cancellationToken
        )
        {
            Assert.Same(Writing, options);
            if (BeforeWrite is { } before)
            {
                await before().WaitAsync(cancellationToken);
            }

            if (Refused != 0 && sets.Any(set => set.TickerId == Refused))
            {
                throw new PostgresException("refused", "ERROR", "ERROR", PostgresErrorCodes.CheckViolation);
            }

            foreach (var set in sets)
            {
                foreach (var bar in set.Bars.Span)
                {
                    _stored[(set.TickerId, set.Timeframe.Name, bar.Timestamp)] = bar;
                }
            }

            await _writes.Writer.WriteAsync(sets.Sum(set => set.Bars.Length), cancellationToken);
            return new();
        }

        private async Task RepairAsync(LiveSubscription subscription, TimeRange range, CancellationToken cancellationToken)
        {
            await _repairs.Writer.WriteAsync($"{subscription.Ticker.Symbol} {subscription.Timeframe} {range}", cancellationToken);
            if (Repairing is { } repairing)
            {
                await repairing().WaitAsync(cancellationToken);
            }

            if (RepairFault is { } fault)
            {
                throw fault;
            }
        }
    }
}
