using Wyckoff.Primitives;
using Wyckoff.Sync.Providers;

namespace Wyckoff.Tests.Sync;

/// <summary>Tests of the Alpaca client against a fake server that injects faults.</summary>
public sealed class AlpacaProviderTests : IAsyncLifetime
{
    private static readonly DateTimeOffset Start = new(2024, 3, 4, 14, 30, 0, TimeSpan.Zero);
    private static readonly Symbol Spy = Symbol.Parse("SPY");
    private FakeAlpaca _server = null!;

    private static CancellationToken Token => TestContext.Current.CancellationToken;

    public async ValueTask InitializeAsync() => _server = await FakeAlpaca.StartAsync();

    public ValueTask DisposeAsync() => _server.DisposeAsync();

    [Fact]
    public async Task All_pages_are_read_exactly_and_report_how_far_they_are_complete()
    {
        var data = FakeAlpaca.Make(new Random(1), Timeframe.Minute1, Start, 100);
        _server.Bars["SPY"] = data;
        var range = new TimeRange(Start, Start.AddMinutes(90));
        var pages = await PagesAsync(_server.Provider(new() { PageSize = 20 }), Timeframe.Minute1, range);
        var wanted = data.Where(bar => range.Contains(bar.Time)).ToList();
        Assert.Equal(wanted.Select(FakeAlpaca.Incoming), pages.SelectMany(page => page.Bars));
        Assert.Equal((wanted.Count + 19) / 20, pages.Count);
        Assert.Equal(
            pages.SkipLast(1).Select(page => page.Bars[^1].Timestamp.AddMinutes(1)).Append(range.End),
            pages.Select(page => page.CompleteUntil)
        );
        Assert.All(
            pages,
            page => Assert.StartsWith("""{"bars":[{""", System.Text.Encoding.UTF8.GetString(page.Payload.Span), StringComparison.Ordinal)
        );
        Assert.All(pages, page => Assert.DoesNotContain(FakeAlpaca.SecretKey, page.Request, StringComparison.Ordinal));
        Assert.StartsWith(
            "/v2/stocks/SPY/bars?timeframe=1Min&start=2024-03-04T14:30:00Z&end=2024-03-04T15:59:59Z"
                + "&limit=20&adjustment=raw&feed=iex&sort=asc",
            pages[0].Request,
            StringComparison.Ordinal
        );
    }

    [Fact]
    public async Task A_daily_bar_has_its_session_date_before_and_after_a_clock_change()
    {
        // Midnight in New York: 05:00 UTC in winter, 04:00 in summer; the clocks changed on 10 March 2024.
        FakeBar Day(int month, int day, int hour) => new(new(2024, month, day, hour, 0, 0, TimeSpan.Zero), 1, 2, 1, 2, 3, 4, 1.5m);
        _server.Bars["SPY"] = [Day(3, 7, 5), Day(3, 8, 5), Day(3, 11, 4), Day(3, 12, 4), Day(3, 13, 4)];
        var pages = await PagesAsync(
            _server.Provider(),
            Timeframe.Day1,
            new(new(2024, 3, 8, 0, 0, 0, TimeSpan.Zero), new(2024, 3, 13, 0, 0, 0, TimeSpan.Zero))
        );
        Assert.Equal(
            ["2024-03-08", "2024-03-11", "2024-03-12"],
            Assert.Single(pages).Bars.Select(bar => bar.Timestamp.ToString("yyyy-MM-dd", System.Globalization.CultureInfo.InvariantCulture))
        );
        Assert.All(pages[0].Bars, bar => Assert.Equal(TimeSpan.Zero, bar.Timestamp.TimeOfDay));
    }

    [Fact]
    public async Task A_range_without_bars_gives_one_empty_complete_page()
    {
        _server.Bars["SPY"] = [];
        var range = new TimeRange(Start, Start.AddDays(1));
        var page = Assert.Single(await PagesAsync(_server.Provider(), Timeframe.Hour1, range));
        Assert.Equal((0, range.End), (page.Bars.Count, page.CompleteUntil));
    }

    [Fact]
    public async Task A_long_range_is_requested_in_parts()
    {
        _server.Bars["SPY"] = [];
        var range = new TimeRange(Start, Start.AddDays(3));
        var pages = await PagesAsync(_server.Provider(new() { PageSize = 10 }), Timeframe.Minute1, range);
        Assert.Equal(
            [Start.AddMinutes(1000), Start.AddMinutes(2000), Start.AddMinutes(3000), Start.AddMinutes(4000), range.End],
            pages.Select(page => page.CompleteUntil)
        );
    }

    [Fact]
    public async Task Bars_younger_than_the_delay_are_not_requested()
    {
        _server.Bars["SPY"] = FakeAlpaca.Make(new Random(1), Timeframe.Minute1, Start, 60, density: 1);
        var provider = _server.Provider(
            new() { Delay = TimeSpan.FromMinutes(15) },
            new ManualTime(Start.AddMinutes(40)) { RingsUnder = TimeSpan.FromSeconds(1) }
        );
        var page = Assert.Single(await PagesAsync(provider, Timeframe.Minute1, new(Start, Start.AddMinutes(60))));
        Assert.Equal((25, Start.AddMinutes(25)), (page.Bars.Count, page.CompleteUntil));
    }

    [Fact]
    public async Task Options_are_sent_and_the_message_of_a_refusal_contains_no_keys()
    {
        _server.Bars["SPY"] = [];
        await PagesAsync(
            _server.Provider(new() { Feed = "otc", Adjustment = "split" }),
            Timeframe.Minute1,
            new(Start, Start.AddMinutes(1))
        );
        Assert.Contains("adjustment=split&feed=otc", _server.Log.Single().Query, StringComparison.Ordinal);

        var log = new LogCollector<AlpacaProvider>();
        var refused = await Assert.ThrowsAsync<ProviderException>(() =>
            PagesAsync(
                _server.Provider(new() { SecretKey = "another-s3cr3t" }, logger: log),
                Timeframe.Minute1,
                new(Start, Start.AddMinutes(1))
            )
        );
        Assert.Equal("alpaca: 403 Forbidden: {\"message\":\"forbidden.\"}.", refused.Message);
        var sip = await Assert.ThrowsAsync<ProviderException>(() =>
            PagesAsync(_server.Provider(new() { Feed = "sip" }, logger: log), Timeframe.Minute1, new(Start, Start.AddMinutes(1)))
        );
        Assert.Contains("does not permit querying recent SIP data", sip.Message, StringComparison.Ordinal);
        Assert.DoesNotContain("s3cr3t", refused + string.Join('\n', log.Entries), StringComparison.Ordinal);
        // A refusal is final and not retried.
        Assert.Single(_server.Log);
    }

    [Theory]
    [InlineData("7", 7)]
    [InlineData("Mon, 04 Mar 2024 15:00:20 GMT", 20)]
    public async Task A_retry_after_is_honoured(string header, int seconds)
    {
        _server.Bars["SPY"] = [];
        _server.RetryAfter = header;
        var faults = new Queue<Fault>([Fault.Throttled, Fault.None]);
        _server.NextFault = faults.Dequeue;
        var time = new ManualTime(new(2024, 3, 4, 15, 0, 0, TimeSpan.Zero)) { RingsUnder = TimeSpan.FromSeconds(100) };
        await PagesAsync(_server.Provider(time: time), Timeframe.Minute1, new(Start, Start.AddMinutes(1)));
        Assert.Equal(TimeSpan.FromSeconds(seconds), time.Waits[0]);
        Assert.Equal(2, _server.Log.Count);
    }

    [Fact]
    public async Task A_retry_after_longer_than_the_maximum_fails_the_request()
    {
        _server.Bars["SPY"] = [];
        _server.RetryAfter = "3600";
        _server.NextFault = () => Fault.Throttled;
        var e = await Assert.ThrowsAsync<ProviderException>(() =>
            PagesAsync(_server.Provider(), Timeframe.Minute1, new(Start, Start.AddMinutes(1)))
        );
        Assert.Contains("asks to be left alone for 01:00:00", e.Message, StringComparison.Ordinal);
        Assert.Single(_server.Log);
    }

    [Theory]
    [InlineData("ServerError")]
    [InlineData("Throttled")]
    [InlineData("Reset")]
    [InlineData("Truncated")]
    [InlineData("Html")]
    [InlineData("NaN")]
    public async Task Transient_faults_are_retried_until_all_bars_have_come(string fault)
    {
        var data = FakeAlpaca.Make(new Random(2), Timeframe.Minute1, Start, 50);
        _server.Bars["SPY"] = data;
        var answers = 0;
        _server.NextFault = () => ++answers % 3 == 0 ? Fault.None : Enum.Parse<Fault>(fault);
        var time = new ManualTime(Start) { RingsUnder = TimeSpan.FromSeconds(100) };
        var pages = await PagesAsync(_server.Provider(new() { PageSize = 10 }, time), Timeframe.Minute1, new(Start, Start.AddMinutes(50)));
        Assert.Equal(data.Select(FakeAlpaca.Incoming), pages.SelectMany(page => page.Bars));
        Assert.Equal(2 * pages.Count, time.Waits.Count);
    }

    [Fact]
    public async Task A_persistent_fault_fails_after_the_maximum_of_attempts()
    {
        _server.Bars["SPY"] = [];
        _server.NextFault = () => Fault.ServerError;
        var time = new ManualTime(Start) { RingsUnder = TimeSpan.FromSeconds(100) };
        var e = await Assert.ThrowsAsync<ProviderException>(() =>
            PagesAsync(_server.Provider(new() { Retry = new() { Attempts = 4 } }, time), Timeframe.Minute1, new(Start, Start.AddMinutes(1)))
        );
        Assert.Contains("503 Service Unavailable", e.Message, StringComparison.Ordinal);
        Assert.Contains("(4 attempts)", e.Message, StringComparison.Ordinal);
        Assert.Equal((4, 3), (_server.Log.Count, time.Waits.Count));
    }

    [Fact]
    public async Task Delays_between_attempts_grow_up_to_the_maximum_and_have_jitter()
    {
        _server.Bars["SPY"] = [];
        _server.NextFault = () => Fault.ServerError;
        var (first, most) = (TimeSpan.FromSeconds(1), TimeSpan.FromSeconds(20));
        var waits = new List<IReadOnlyList<TimeSpan>>();
        for (var seed = 1; seed <= 8; seed++)
        {
            var time = new ManualTime(Start) { RingsUnder = TimeSpan.FromSeconds(100) };
            await Assert.ThrowsAsync<ProviderException>(() =>
                PagesAsync(
                    _server.Provider(
                        new()
                        {
                            Retry = new()
                            {
                                Attempts = 10,
                                FirstDelay = first,
                                MaxDelay = most,
                            },
                        },
                        time,
                        seed
                    ),
                    Timeframe.Minute1,
                    new(Start, Start.AddMinutes(1))
                )
            );
            waits.Add(time.Waits);
        }

        Assert.All(waits, times => Assert.Equal(9, times.Count));
        Assert.All(waits.SelectMany(times => times), wait => Assert.InRange(wait, TimeSpan.Zero, most));
        Assert.True(Mean(waits.Select(times => times[0])) < Mean(waits.Select(times => times[3])) / 2, "The waits do not grow.");
        Assert.Equal(8, waits.Select(times => times[0]).Distinct().Count());

        static double Mean(IEnumerable<TimeSpan> times) => times.Average(wait => wait.TotalSeconds);
    }

    [Fact]
    public async Task A_request_without_an_answer_times_out_and_is_retried()
    {
        _server.Bars["SPY"] = [];
        var faults = new Queue<Fault>([Fault.Silent, Fault.None]);
        _server.NextFault = faults.Dequeue;
        var time = new ManualTime(Start) { RingsUnder = TimeSpan.FromSeconds(2) };
        var options = new AlpacaOptions
        {
            Retry = new() { Timeout = TimeSpan.FromMinutes(5), FirstDelay = TimeSpan.FromSeconds(1) },
        };
        var pages = PagesAsync(_server.Provider(options, time), Timeframe.Minute1, new(Start, Start.AddMinutes(1)));
        await time.WaitedForAsync(TimeSpan.FromMinutes(5));
        await Eventually.HoldsAsync(() => _server.Log.Count == 1);
        time.Advance(TimeSpan.FromMinutes(5));
        await pages;
        Assert.Equal([Fault.Silent, Fault.None], _server.Log.Select(asked => asked.Fault));
    }

    [Fact]
    public async Task An_invalid_number_rejects_only_its_bar()
    {
        var data = FakeAlpaca.Make(new Random(3), Timeframe.Minute1, Start, 11, density: 1);
        _server.Bars["SPY"] = data;
        _server.NextFault = () => Fault.NaNText;
        var page = Assert.Single(await PagesAsync(_server.Provider(), Timeframe.Minute1, new(Start, Start.AddMinutes(11))));
        Assert.Equal(10, page.Bars.Count);
        Assert.Equal("2024-03-04T14:35:00Z: volume 'NaN': a number was expected", Assert.Single(page.Faults).ToString());
    }

    [Fact]
    public async Task Pages_out_of_order_are_complete_only_at_the_last_page()
    {
        _server.Bars["SPY"] = FakeAlpaca.Make(new Random(4), Timeframe.Minute1, Start, 30, density: 1);
        _server.NextFault = () => Fault.Unsorted;
        var range = new TimeRange(Start, Start.AddMinutes(30));
        var pages = await PagesAsync(_server.Provider(new() { PageSize = 10 }), Timeframe.Minute1, range);
        Assert.Equal([Start, Start, range.End], pages.Select(page => page.CompleteUntil));
    }

    private static async Task<List<ProviderPage>> PagesAsync(AlpacaProvider provider, Timeframe timeframe, TimeRange range)
    {
        var pages = new List<ProviderPage>();
        await foreach (var page in provider.FetchAsync(Spy, timeframe, range, Token))
        {
            pages.Add(page);
        }

        return pages;
    }
}
