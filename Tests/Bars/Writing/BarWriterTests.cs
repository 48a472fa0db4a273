using FsCheck;
using FsCheck.Fluent;
using Microsoft.FSharp.Core;
using Npgsql;
using Wyckoff.Bars;
using Wyckoff.Bars.Writing;
using Wyckoff.Primitives;

namespace Wyckoff.Tests.Bars.Writing;

public sealed class PlainBarWriterTests(PlainDatabase database) : BarWriterTests<PlainDatabase>(database);

public sealed class ApacheBarWriterTests(ApacheDatabase database) : BarWriterTests<ApacheDatabase>(database);

public sealed class CommunityBarWriterTests(CommunityDatabase database) : BarWriterTests<CommunityDatabase>(database);

/// <summary>Whatever the order in which bars are written, the stored bars of all timeframes equal those of one write in order.</summary>
public abstract class BarWriterTests<TDatabase>(TDatabase database) : IClassFixture<TDatabase>
    where TDatabase : TestDatabase
{
    private static readonly Config Seeded = Config
        .QuickThrowOnFailure.WithMaxTest(25)
        .WithReplay(FSharpOption<Replay>.Some(new Replay(new Rnd(20_261_121), FSharpOption<int>.None)));
    private static int _tickers;

    private readonly BarWriter _writer = new(database.App, new(database.App));
    private readonly Wyckoff.Timescale.TimescaleEdition _edition = database.Edition;

    private static CancellationToken Token => TestContext.Current.CancellationToken;

    public sealed record Piece(int Slot, int Open, int Close, int Up, int Down, long Volume, int Trades, bool Vwap);

    public sealed record Batch(Timeframe Timeframe, ConflictPolicy Policy, Piece[] Pieces, bool Compress);

    /// <summary>Prices are lowered by <c>Below</c>: with more than 0, zero and negative ones occur.</summary>
    public sealed record History(string Zone, bool Continuous, int Below, Batch[] Batches);

    private static Gen<Piece> Pieces() =>
        from slot in Gen.Choose(0, 200)
        from open in Gen.Choose(1, 1000)
        from close in Gen.Choose(1, 1000)
        from up in Gen.Choose(0, 50)
        from down in Gen.Choose(0, 50)
        from volume in Gen.Frequency(
            (1, Gen.Constant(0L)),
            (8, Gen.Choose(1, 100_000).Select(v => v * IncomingBar.One)),
            (1, Gen.Choose(1, int.MaxValue).Select(v => v * 3_700_000_000L))
        )
        from trades in Gen.Choose(-1, 20)
        from vwap in Gen.Elements(true, false)
        select new Piece(slot, open, close, up, down, volume, trades, vwap);

    private static Gen<History> Histories() =>
        from zone in Gen.Elements("America/New_York", "Asia/Kolkata", "UTC", "Australia/Sydney")
        from continuous in Gen.Elements(true, false)
        from below in Gen.Frequency((2, Gen.Constant(0)), (2, Gen.Choose(1, 1000)), (1, Gen.Constant(2000)))
        from batches in Gen.ArrayOf(
                from timeframe in Gen.Frequency(
                    (12, Gen.Constant(Timeframe.Minute1)),
                    (2, Gen.Constant(Timeframe.Minute5)),
                    (1, Gen.Constant(Timeframe.Hour1)),
                    (1, Gen.Constant(Timeframe.Hour4)),
                    (1, Gen.Constant(Timeframe.Day1))
                )
                from policy in Gen.Elements(ConflictPolicy.Skip, ConflictPolicy.Replace)
                from inOrder in Gen.Elements(true, false)
                from compress in Gen.Frequency((4, Gen.Constant(false)), (1, Gen.Constant(true)))
                from pieces in Gen.ArrayOf(Pieces()).Resize(80)
                select new Batch(timeframe, policy, inOrder ? [.. pieces.OrderBy(piece => piece.Slot)] : pieces, compress)
            )
            .Resize(6)
        select new History(zone, continuous, below, batches);

    [Fact]
    public void Bars_in_any_order_and_batching_give_the_same_as_one_write_in_order() =>
        Prop.ForAll(
                Histories().ToArbitrary(),
                history =>
                {
                    var ticker = NewTicker(history.Zone, history.Below > 0);
                    var model = Timeframe.Stored.ToDictionary(timeframe => timeframe, _ => new SortedDictionary<long, IncomingBar>());
                    foreach (var batch in history.Batches)
                    {
                        if (batch.Compress && _edition.HasPolicies)
                        {
                            using var compress = database.Admin.CreateCommand(
                                "SELECT compress_chunk(c, if_not_compressed => true) FROM show_chunks('market.bars_1m') c"
                            );
                            compress.ExecuteNonQuery();
                        }

                        var bars = batch.Pieces.Select(piece => Bar(history, batch.Timeframe, piece)).ToArray();
                        var result = _writer
                            .WriteAsync([new(ticker, batch.Timeframe, bars)], new() { Source = "test", Policy = batch.Policy }, Token)
                            .GetAwaiter()
                            .GetResult();

                        var last = bars.GroupBy(bar => bar.Time).Select(group => group.Last()).ToList();
                        Assert.Equal(bars.Length - last.Count, result.Duplicates);
                        var stored = model[batch.Timeframe];
                        var counts = (Inserted: 0L, Updated: 0L, Skipped: 0L);
                        foreach (var bar in last)
                        {
                            if (stored.TryGetValue(bar.Time, out var there) && (there == bar || batch.Policy == ConflictPolicy.Skip))
                            {
                                counts.Skipped++;
                                continue;
                            }

                            stored[bar.Time] = bar;
                        }

                        Assert.Equal((counts.Skipped, last.Count - counts.Skipped), (result.Skipped, result.Inserted + result.Updated));
                    }

                    Expected.Check(database, ticker, TimeZoneInfo.FindSystemTimeZoneById(history.Zone), model);
                }
            )
            .Check(Seeded);

    [Fact]
    public async Task Writing_the_same_bars_again_changes_nothing()
    {
        var ticker = NewTicker("America/New_York");
        var bars = Session(3);
        var first = await _writer.WriteAsync([new(ticker, Timeframe.Minute1, bars)], new() { Source = "test" }, Token);
        Assert.Equal((1170, 0, 0), (first.Inserted, first.Updated, first.Skipped));
        Assert.Equal(
            Timeframe.Stored,
            first.Changes.Select(change => change.Timeframe).Order(Comparer<Timeframe>.Create((a, b) => a.Width.CompareTo(b.Width)))
        );
        foreach (var policy in Enum.GetValues<ConflictPolicy>())
        {
            var again = await _writer.WriteAsync([new(ticker, Timeframe.Minute1, bars)], new() { Source = "test", Policy = policy }, Token);
            Assert.Equal((0, 0, 1170), (again.Inserted, again.Updated, again.Skipped));
            Assert.Empty(again.Changes);
        }
    }

    [Fact]
    public async Task Policy_fail_writes_nothing_when_a_different_bar_is_stored()
    {
        var ticker = NewTicker("UTC");
        var bars = Session(2);
        await _writer.WriteAsync([new(ticker, Timeframe.Minute1, bars.AsMemory(10, 1))], new() { Source = "test" }, Token);
        bars[10] = bars[10] with { Volume = bars[10].Volume + 1 };
        var conflict = await Assert.ThrowsAsync<BarConflictException>(() =>
            _writer.WriteAsync([new(ticker, Timeframe.Minute1, bars)], new() { Source = "test", Policy = ConflictPolicy.Fail }, Token)
        );
        Assert.Contains("2024-03-04T14:40", conflict.Message, StringComparison.Ordinal);
        Assert.Equal(1, await database.ScalarAsync<long>($"SELECT count(*) FROM bars_1m WHERE ticker_id = {ticker}"));
    }

    [Fact]
    public async Task The_last_of_the_callers_own_bars_wins_across_batches()
    {
        var ticker = NewTicker("UTC");
        var bars = Session(1);
        var import = await NewImportAsync();
        var other = await NewImportAsync();
        await WriteAsync(bars, import);
        // Counted as a duplicate: the file has the bar twice.
        Assert.Equal((0, 1), Counts(await WriteAsync([bars[5] with { Volume = 7 }], import)));
        Assert.Equal(1, (await WriteAsync([bars[5]], other)).Skipped);
        Assert.Equal(1, (await WriteAsync([bars[5]], null)).Skipped);

        async Task<BarWriteResult> WriteAsync(IncomingBar[] written, long? importId) =>
            await _writer.WriteAsync([new(ticker, Timeframe.Minute1, written)], new() { Source = "test", ImportId = importId }, Token);

        Task<long> NewImportAsync() =>
            database.ScalarAsync<long>(
                "INSERT INTO import_batches (file, sha256, source, status) VALUES ('x', repeat('0', 64), 'test', 'running') RETURNING id"
            );

        static (long Updated, long Duplicates) Counts(BarWriteResult result) => (result.Updated, result.Duplicates);
    }

    [Fact]
    public async Task Callbacks_are_committed_with_the_bars_or_not_at_all()
    {
        var ticker = NewTicker("UTC");
        await Assert.ThrowsAsync<InvalidOperationException>(() =>
            _writer.WriteAsync(
                [new(ticker, Timeframe.Minute1, Session(1))],
                new() { Source = "test", After = (_, result, _) => throw new InvalidOperationException($"{result.Inserted}") },
                Token
            )
        );
        Assert.Equal(0, await database.ScalarAsync<long>($"SELECT count(*) FROM bars_1m WHERE ticker_id = {ticker}"));
        await Assert.ThrowsAsync<InvalidOperationException>(() =>
            _writer.WriteAsync(
                [new(ticker, Timeframe.Minute1, Session(1))],
                new() { Source = "test", Before = (_, _) => throw new InvalidOperationException("fenced off") },
                Token
            )
        );

        var seen = await _writer.WriteAsync(
            [new(ticker, Timeframe.Minute1, Session(1))],
            new()
            {
                Source = "test",
                After = async (connection, _, token) =>
                {
                    await using var count = new NpgsqlCommand(
                        $"SELECT count(*) FROM market.bars_1d WHERE ticker_id = {ticker}",
                        connection
                    );
                    Assert.Equal(1L, await count.ExecuteScalarAsync(token));
                },
            },
            Token
        );
        Assert.Equal(390, seen.Inserted);
    }

    [Theory]
    [InlineData(false)]
    [InlineData(true)]
    public async Task A_unique_violation_in_a_callback_is_not_retried(bool before)
    {
        var ticker = NewTicker("UTC");
        var calls = 0;
        async Task BreakAsync(NpgsqlConnection connection, CancellationToken token)
        {
            calls++;
            await using var twice = new NpgsqlCommand(
                $"""
                INSERT INTO market.sync_coverage (ticker_id, timeframe, source)
                VALUES ({ticker}, '1m', 'twice'), ({ticker}, '1m', 'twice')
                """,
                connection
            );
            await twice.ExecuteNonQueryAsync(token);
        }

        var options = new BarWriteOptions
        {
            Source = "test",
            Before = before ? BreakAsync : null,
            After = before ? null : (connection, _, token) => BreakAsync(connection, token),
        };
        var e = await Assert.ThrowsAsync<PostgresException>(() =>
            _writer.WriteAsync([new(ticker, Timeframe.Minute1, Session(1))], options, Token)
        );
        Assert.Equal((PostgresErrorCodes.UniqueViolation, 1), (e.SqlState, calls));
    }

    [Fact]
    public async Task Invalid_bars_are_refused_with_the_broken_rule()
    {
        var ticker = NewTicker("UTC");
        var bar = Session(1)[0];
        Assert.Contains("below low", await RefusalAsync(bar with { High = bar.Low - 1 }), StringComparison.Ordinal);
        Assert.Contains("low 0: more than 0 was expected", await RefusalAsync(bar with { Low = 0 }), StringComparison.Ordinal);
        Assert.Contains(
            "vwap -1: more than 0 was expected",
            await RefusalAsync(bar with { Vwap = -IncomingBar.One }),
            StringComparison.Ordinal
        );
        Assert.Contains("multiple of 1m", await RefusalAsync(bar with { Time = bar.Time + 1 }), StringComparison.Ordinal);
        Assert.Contains(
            "no ticker 2147483647",
            (
                await Assert.ThrowsAsync<ArgumentException>(() =>
                    _writer.WriteAsync([new(int.MaxValue, Timeframe.Minute1, new[] { bar })], new() { Source = "test" }, Token)
                )
            ).Message,
            StringComparison.Ordinal
        );

        async Task<string> RefusalAsync(IncomingBar wrong) =>
            (
                await Assert.ThrowsAsync<ArgumentException>(() =>
                    _writer.WriteAsync([new(ticker, Timeframe.Minute1, new[] { wrong })], new() { Source = "test" }, Token)
                )
            ).Message;
    }

    [Fact]
    public async Task A_ticker_that_allows_negative_prices_no_longer_is_refused_although_it_is_cached()
    {
        var ticker = NewTicker("UTC", allowsNegative: true);
        var bar = Session(1)[0];
        await _writer.WriteAsync([new(ticker, Timeframe.Minute1, new[] { bar })], new() { Source = "test" }, Token);
        await database.ExecuteAsync($"UPDATE market.tickers SET allows_negative = false WHERE id = {ticker}");
        var later = bar with { Time = bar.Time + Timeframe.Minute1.Microseconds };
        await Assert.ThrowsAsync<InvalidOperationException>(() => WriteAsync(later with { Low = -1 }));
        // The cached ticker was dropped.
        await Assert.ThrowsAsync<ArgumentException>(() => WriteAsync(later with { Low = -1 }));
        await WriteAsync(later);

        Task<BarWriteResult> WriteAsync(IncomingBar bar) =>
            _writer.WriteAsync([new(ticker, Timeframe.Minute1, new[] { bar })], new() { Source = "test" }, Token);
    }

    [Fact]
    public async Task Concurrent_writers_of_several_tickers_do_not_deadlock_or_lose_bars()
    {
        int[] ids = [NewTicker("America/New_York"), NewTicker("America/New_York"), NewTicker("America/New_York")];
        var bars = Session(2);
        // Each writer writes its share of the bars of every ticker, and passes the tickers in a different order.
        await Task.WhenAll(
            Enumerable
                .Range(0, 4)
                .Select(part =>
                    Task.Run(async () =>
                    {
                        var writer = new BarWriter(database.App, new(database.App));
                        var mine = bars.Where((_, i) => i % 4 == part).ToArray();
                        for (var from = 0; from < mine.Length; from += 50)
                        {
                            await writer.WriteAsync(
                                [
                                    .. ids.OrderBy(id => (id * 7 + part) % 3)
                                        .Select(id => new BarSet(
                                            id,
                                            Timeframe.Minute1,
                                            mine.AsMemory(from, Math.Min(50, mine.Length - from))
                                        )),
                                ],
                                new() { Source = "test" },
                                Token
                            );
                        }
                    })
                )
        );
        var model = Timeframe.Stored.ToDictionary(timeframe => timeframe, _ => new SortedDictionary<long, IncomingBar>());
        foreach (var bar in bars)
        {
            model[Timeframe.Minute1][bar.Time] = bar;
        }

        foreach (var id in ids)
        {
            Expected.Check(database, id, TimeZoneInfo.FindSystemTimeZoneById("America/New_York"), model);
        }
    }

    private static IncomingBar[] Session(int days)
    {
        var open = new DateTimeOffset(2024, 3, 4, 14, 30, 0, TimeSpan.Zero);
        return
        [
            .. Enumerable
                .Range(0, days * 390)
                .Select(i =>
                {
                    var price = (10_000 + (i * 7919) % 500) * 1_000_000L;
                    return new IncomingBar(
                        IncomingBar.TimeOf(open.AddDays(i / 390).AddMinutes(i % 390)),
                        price,
                        price + 2_000_000,
                        price - 1_000_000,
                        price + 500_000,
                        (1 + (i * 31) % 977) * (Int128)IncomingBar.One,
                        i % 50,
                        price + 1
                    );
                }),
        ];
    }

    private static IncomingBar Bar(History history, Timeframe timeframe, Piece piece)
    {
        // Around the start of daylight saving time in New York: either sessions with gaps in between, or continuous bars.
        var start = new DateTimeOffset(2024, 3, 8, 3, 0, 0, TimeSpan.Zero);
        var time =
            timeframe.IsDaily ? new DateTimeOffset(2024, 3, 6, 0, 0, 0, TimeSpan.Zero).AddDays(piece.Slot % 9)
            : timeframe.Width >= Timeframe.Hour1.Width
                ? new DateTimeOffset(2024, 3, 8, 0, 0, 0, TimeSpan.Zero) + timeframe.Width * (piece.Slot % 60)
            : start + timeframe.Width * (history.Continuous ? piece.Slot * 3 : piece.Slot + (piece.Slot / 40 * 1400));
        var (low, high) = (Math.Min(piece.Open, piece.Close), Math.Max(piece.Open, piece.Close));
        var low8 = (Math.Max(1, low - piece.Down) - history.Below) * 1_234_567L;
        var high8 = (high + piece.Up - history.Below) * 1_234_567L;
        return new(
            IncomingBar.TimeOf(time),
            (piece.Open - history.Below) * 1_234_567L,
            high8,
            low8,
            (piece.Close - history.Below) * 1_234_567L,
            piece.Volume,
            piece.Trades,
            piece.Vwap ? (low8 + high8) / 2 : 0
        );
    }

    private int NewTicker(string zone, bool allowsNegative = false)
    {
        using var command = database.App.CreateCommand(
            "INSERT INTO tickers (symbol, timezone, allows_negative) VALUES ($1, $2, $3) RETURNING id"
        );
        command.Parameters.Add(new() { Value = $"W{Interlocked.Increment(ref _tickers)}" });
        command.Parameters.Add(new() { Value = zone });
        command.Parameters.Add(new() { Value = allowsNegative });
        return (int)command.ExecuteScalar()!;
    }
}
