using System.Text;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Hosting;
using Microsoft.AspNetCore.Hosting.Server;
using Microsoft.AspNetCore.Hosting.Server.Features;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Logging;
using Microsoft.Extensions.Logging.Abstractions;
using Wyckoff.Primitives;
using Wyckoff.Sync.Providers;

namespace Wyckoff.Tests.Sync;

public sealed class CsvProviderTests
{
    private static readonly TimeRange Range = new(new(2024, 1, 2, 0, 0, 0, TimeSpan.Zero), new(2024, 2, 1, 0, 0, 0, TimeSpan.Zero));

    private static CancellationToken Token => TestContext.Current.CancellationToken;

    [Fact]
    public async Task Daily_bars_are_read_exactly_and_an_invalid_value_rejects_only_its_line()
    {
        var (page, url) = await FetchAsync(
            "Date,Open,High,Low,Close,Volume\r\n2024-01-02,187.15,188.44,183.885,185.64,82488674\r\n"
                + "2024-01-03,184.22,n/a,183.43,184.25,58414460\r\n2024-01-04,182.15,183.0872,180.88,181.91,71983570.5\r\n"
        );
        Assert.Equal("/q/d/l/?s=aapl.us&d1=20240102&d2=20240131&i=d&apikey=hidden", url);
        Assert.Equal("/q/d/l/?s=aapl.us&d1=20240102&d2=20240131&i=d&apikey=…", page.Request);
        Assert.Equal([183.885m, 180.88m], page.Bars.Select(bar => bar.Low / 100_000_000m));
        Assert.Equal(new DateTimeOffset(2024, 1, 4, 0, 0, 0, TimeSpan.Zero), page.Bars[1].Timestamp);
        Assert.Equal("2024-01-03T00:00:00Z: high 'n/a': a number was expected", Assert.Single(page.Faults).ToString());
        Assert.Equal(Range.End, page.CompleteUntil);
    }

    [Theory]
    [InlineData("No data")]
    [InlineData("")]
    [InlineData("Date,Open,High,Low,Close,Volume\n")]
    public async Task An_answer_without_bars_is_valid(string body) => Assert.Empty((await FetchAsync(body)).Page.Bars);

    [Theory]
    [InlineData("Exceeded the daily hits limit", "'Exceeded the daily hits limit' instead of a header")]
    [InlineData("Date,Open,High,Low,Close\n2024-01-02,187.15,188.44,183.885,185.6", "ends in the middle of a line")]
    public async Task An_answer_without_a_header_or_cut_off_is_an_error(string body, string reason) =>
        Assert.Contains(reason, (await Assert.ThrowsAsync<ProviderException>(() => FetchAsync(body))).Message, StringComparison.Ordinal);

    [Fact]
    public async Task Without_a_volume_column_the_volume_is_zero()
    {
        var (page, _) = await FetchAsync("Date,Open,High,Low,Close\n2024-01-02,187.15,188.44,183.885,185.64\n");
        Assert.Equal((Int128)0, Assert.Single(page.Bars).Volume);
    }

    [Fact]
    public async Task Quotes_are_removed_and_unreadable_lines_are_reported_with_their_number()
    {
        var (page, _) = await FetchAsync(
            "\"Date\",\"Open\",High,Low,Close,Volume\n\"2024-01-02\",\"187.15\",188.44,183.885,185.64,\"82488674\"\n"
                + "2024-01-03,1\0,2,1,1,1\n2024-01-04,182.15,183.0872,180.88,181.91,71983570\n\"2024-01-05,1,2,1,1,1\n"
        );
        Assert.Equal([187.15m, 182.15m], page.Bars.Select(bar => bar.Open / 100_000_000m));
        Assert.Equal(["line 3: there is a NUL byte in it", "line 5: a quote is not closed"], page.Faults.Select(fault => fault.ToString()));
    }

    private static async Task<(ProviderPage Page, string Url)> FetchAsync(string body)
    {
        var builder = WebApplication.CreateSlimBuilder();
        builder.Logging.ClearProviders();
        builder.WebHost.UseUrls("http://127.0.0.1:0");
        await using var app = builder.Build();
        var url = "";
        app.Run(async context =>
        {
            url = context.Request.Path + context.Request.QueryString;
            context.Response.ContentType = "text/csv";
            await context.Response.Body.WriteAsync(Encoding.UTF8.GetBytes(body), context.RequestAborted);
        });
        await app.StartAsync(Token);
        var address = app.Services.GetRequiredService<IServer>().Features.Get<IServerAddressesFeature>()!.Addresses.First();
        using var client = new HttpClient();
        using var limiter = new RequestLimiter(100, TimeSpan.FromMinutes(1), TimeProvider.System);
        var options = new CsvOptions
        {
            Url = address + "/q/d/l/?s={symbol:lower}.us&d1={from}&d2={to}&i=d&apikey=hidden",
            Retry = new() { Attempts = 1 },
        };
        var provider = new CsvProvider(options, client, limiter, TimeProvider.System, new Random(1), NullLogger<CsvProvider>.Instance);
        var pages = new List<ProviderPage>();
        await foreach (var page in provider.FetchAsync(Symbol.Parse("AAPL"), Timeframe.Day1, Range, Token))
        {
            pages.Add(page);
        }

        return (Assert.Single(pages), url);
    }
}
