using Npgsql;
using Wyckoff.Bars;
using Wyckoff.Bars.Writing;
using Wyckoff.Primitives;
using Wyckoff.Sync;
using Wyckoff.Sync.Providers;
using Wyckoff.Tickers;

namespace Wyckoff.Tests.Sync;

public sealed class CoverageTests(TestDatabase database) : IClassFixture<TestDatabase>
{
    private static readonly DateTimeOffset Start = new(2024, 1, 2, 0, 0, 0, TimeSpan.Zero);
    private static readonly Timeframe Minute = Timeframe.Minute1;

    private static CancellationToken Token => TestContext.Current.CancellationToken;

    [Fact]
    public async Task Missing_ranges_are_those_that_none_of_the_given_sources_covers()
    {
        var ticker = await TickerAsync("COVER");
        await using var connection = await database.App.OpenConnectionAsync(Token);
        await AddAsync(connection, ticker, "alpaca", (10, 20), (20, 30), (50, 60));
        await AddAsync(connection, ticker, "import", (25, 40));
        await AddAsync(connection, ticker, "other", (0, 100));
        Assert.Equal(
            [Slots(0, 10), Slots(40, 50), Slots(60, 70)],
            await MissingAsync(connection, ticker, Slots(0, 70), "alpaca", "import")
        );
        Assert.Equal([Slots(30, 50)], await MissingAsync(connection, ticker, Slots(10, 60), "alpaca"));
        Assert.Equal([], await MissingAsync(connection, ticker, Slots(12, 40), "alpaca", "import"));
        Assert.Equal([Slots(5, 6)], await MissingAsync(connection, ticker, Slots(5, 6), "nobody"));
    }

    [Fact]
    public async Task Concurrently_added_ranges_are_all_kept()
    {
        var ticker = await TickerAsync("ATONCE");
        await Task.WhenAll(
            Enumerable
                .Range(0, 40)
                .Select(async i =>
                {
                    await using var connection = await database.App.OpenConnectionAsync(Token);
                    await using var transaction = await connection.BeginTransactionAsync(Token);
                    await AddAsync(connection, ticker, "alpaca", (2 * i, 2 * i + 1));
                    await transaction.CommitAsync(Token);
                })
        );
        await using var reader = await database.App.OpenConnectionAsync(Token);
        Assert.Equal(
            Enumerable.Range(0, 40).Select(i => Slots(2 * i + 1, 2 * i + 2)),
            await MissingAsync(reader, ticker, Slots(0, 80), "alpaca")
        );
    }

    [Fact]
    public async Task A_file_covers_the_time_between_its_bars_except_gaps_longer_than_a_holiday()
    {
        var (minutes, days) = (await TickerAsync("FILEM"), await TickerAsync("FILED"));
        var tickers = new TickerDirectory(database.App);
        IncomingBar Bar(DateTimeOffset at) => new(IncomingBar.TimeOf(at), 1, 1, 1, 1, 1);
        // A weekend is covered, a week without a bar is not. The order of the bars does not matter. Daily bars are moved to their session
        // dates.
        BarSet[] sets =
        [
            new(minutes, Minute, new[] { Bar(Start.AddDays(3)), Bar(Start), Bar(Start.AddMinutes(1)), Bar(Start.AddDays(10)) }),
            new(days, Timeframe.Day1, new[] { Bar(Start.AddHours(5)), Bar(Start.AddDays(1).AddHours(5)) }),
        ];
        await using var connection = await database.App.OpenConnectionAsync(Token);
        await SyncCoverageStore.AddImportedAsync(connection, tickers, 0, sets, Token);
        await SyncCoverageStore.AddImportedAsync(connection, tickers, 0, sets, Token);
        var requested = new TimeRange(Start.AddDays(-1), Start.AddDays(11));
        Assert.Equal(
            [
                new(Start.AddDays(-1), Start),
                new(Start.AddDays(3).AddMinutes(1), Start.AddDays(10)),
                new(Start.AddDays(10).AddMinutes(1), Start.AddDays(11)),
            ],
            await SyncCoverageStore.MissingAsync(connection, minutes, Minute, ["import"], requested, Token)
        );
        Assert.Equal(
            [new(Start.AddDays(-1), Start), new(Start.AddDays(2), Start.AddDays(11))],
            await SyncCoverageStore.MissingAsync(connection, days, Timeframe.Day1, ["import"], requested, Token)
        );
    }

    [Theory]
    [InlineData("2024-01-02T10:00:30Z", "2024-01-02T10:05:00Z", "2024-01-02T10:01:00Z", "2024-01-02T10:05:00Z")]
    [InlineData("2024-01-02T10:00:00Z", "2024-01-02T10:04:01Z", "2024-01-02T10:00:00Z", "2024-01-02T10:05:00Z")]
    [InlineData("1969-12-31T23:58:30Z", "1970-01-01T00:00:00Z", "1969-12-31T23:59:00Z", "1970-01-01T00:00:00Z")]
    public void A_range_is_aligned_to_the_bars_that_open_within_it(string from, string to, string start, string end) =>
        Assert.Equal(new TimeRange(Instant(start), Instant(end)), BarGrid.Align(Minute, new(Instant(from), Instant(to))));

    [Fact]
    public void A_range_within_one_bar_has_no_bars() =>
        Assert.Null(BarGrid.Align(Timeframe.Day1, new(Instant("2024-01-02T10:00:00Z"), Instant("2024-01-02T18:00:00Z"))));

    [Fact]
    public void Rejected_bars_are_not_covered()
    {
        IncomingBar Bar(double slot, long high = 2) => new(IncomingBar.TimeOf(Start.AddMinutes(slot)), 1, high, 1, 1, 1);
        var page = Page(Slots(0, 10).End, Bar(0), Bar(1), Bar(2, high: 0), Bar(3), Bar(4.5), Bar(5), Bar(70), Bar(-5), Bar(8));
        var checkedPage = CheckedPage.Of(page, Slots(0, 10), Start, Start.AddMinutes(9), Ticker("America/New_York"), Minute);
        Assert.Equal([0, 1, 3, 5, 8], checkedPage.Bars.Select(bar => (bar.Timestamp - Start).TotalMinutes));
        Assert.Equal([Slots(0, 2), Slots(3, 4), Slots(5, 9)], checkedPage.Covered);
        Assert.Equal(
            [
                "2024-01-02T00:02:00Z: high 0: more than 0 was expected, because the ticker does not allow negative prices",
                "2024-01-02T00:04:30Z: a bar of 1m does not open at this time",
                "2024-01-02T01:10:00Z: outside of what was requested for, [2024-01-02T00:00:00Z, 2024-01-02T00:10:00Z)",
                "2024-01-01T23:55:00Z: outside of what was requested for, [2024-01-02T00:00:00Z, 2024-01-02T00:10:00Z)",
            ],
            checkedPage.Rejected.Select(fault => fault.ToString())
        );
    }

    [Fact]
    public void Negative_prices_are_accepted_where_the_ticker_allows_them()
    {
        var bar = new IncomingBar(IncomingBar.TimeOf(Start), -1, 0, -2, -2, 1);
        var ticker = Ticker("UTC");
        Assert.Empty(Check(ticker).Bars);
        Assert.Equal([bar], Check(ticker with { AllowsNegative = true }).Bars);

        CheckedPage Check(TickerRef of) => CheckedPage.Of(Page(Slots(0, 10).End, bar), Slots(0, 10), Start, Start.AddDays(1), of, Minute);
    }

    [Fact]
    public void A_bar_without_a_readable_time_leaves_everything_uncovered()
    {
        var page = Page(Slots(0, 10).End, new IncomingBar(IncomingBar.TimeOf(Start), 1, 1, 1, 1, 1)) with { Faults = [new(null, "t '?'")] };
        var checkedPage = CheckedPage.Of(page, Slots(0, 10), Start, Start.AddDays(1), Ticker("UTC"), Minute);
        Assert.Single(checkedPage.Bars);
        Assert.Empty(checkedPage.Covered);
        Assert.True(checkedPage.Unreadable);
    }

    private static TickerRef Ticker(string zone) => new(1, Symbol.Parse("X"), TimeZoneInfo.FindSystemTimeZoneById(zone));

    private static ProviderPage Page(DateTimeOffset until, params IncomingBar[] bars) =>
        new()
        {
            Bars = bars,
            CompleteUntil = until,
            Request = "/",
            ContentType = "x",
            Payload = default,
        };

    private static DateTimeOffset Instant(string text) => DateTimeOffset.Parse(text, System.Globalization.CultureInfo.InvariantCulture);

    private static TimeRange Slots(int from, int to) => new(Start.AddMinutes(from), Start.AddMinutes(to));

    private static Task AddAsync(NpgsqlConnection connection, int ticker, string source, params (int From, int To)[] ranges) =>
        SyncCoverageStore.AddAsync(connection, ticker, Minute, source, [.. ranges.Select(range => Slots(range.From, range.To))], Token);

    private static Task<IReadOnlyList<TimeRange>> MissingAsync(
        NpgsqlConnection connection,
        int ticker,
        TimeRange range,
        params string[] sources
    ) => SyncCoverageStore.MissingAsync(connection, ticker, Minute, sources, range, Token);

    private Task<int> TickerAsync(string symbol) =>
        database.ScalarAsync<int>("INSERT INTO market.tickers (symbol) VALUES ($1) RETURNING id", symbol);
}
