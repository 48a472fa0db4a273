using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Http;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Logging;

namespace Wyckoff.Benchmarks.Web;

/// <summary>
/// The least a page can do to draw candles: one document, the same chart library, the same bars from the same API, one call to draw. The
/// chart page is compared with it.
/// </summary>
internal sealed class BarePage : IAsyncDisposable
{
    private const string Document = """
        <!DOCTYPE html>
        <html lang="en"><head><title>Bare</title><script src="/bundle.js"></script></head>
        <body><div id="chart" style="width:1400px;height:760px"></div>
        <script>
          fetch('/bars').then((answer) => answer.json()).then(({ bars }) => {
            const chart = echarts.init(document.getElementById('chart'));
            chart.on('finished', () => performance.mark('chart-painted'));
            chart.setOption({
              animation: false,
              grid: [{ top: 20, height: 500 }, { top: 560, height: 140 }],
              xAxis: [{ type: 'category', data: bars.map((b) => b.t) }, { type: 'category', gridIndex: 1, data: bars.map((b) => b.t) }],
              yAxis: [{ scale: true }, { gridIndex: 1 }],
              series: [
                { type: 'candlestick', data: bars.map((b) => [b.o, b.c, b.l, b.h]) },
                { type: 'bar', xAxisIndex: 1, yAxisIndex: 1, data: bars.map((b) => b.v) },
              ],
            });
          });
        </script></body></html>
        """;

    private readonly WebApplication _app;

    private BarePage(WebApplication app) => _app = app;

    public string Address => _app.Urls.First();

    /// <summary>Serves the page with the chart library and the bars that the web page serves at these paths.</summary>
    public static async Task<BarePage> StartAsync(Uri web, string bundle, string bars, CancellationToken cancellationToken)
    {
        using var client = new HttpClient { BaseAddress = web };
        var library = await client.GetByteArrayAsync(bundle, cancellationToken);
        var builder = WebApplication.CreateSlimBuilder(["--urls=http://127.0.0.1:0"]);
        builder.Logging.ClearProviders();
        builder.Services.AddResponseCompression(compression =>
            compression.MimeTypes = ["text/html", "text/javascript", "application/json"]
        );
        builder.Services.AddHttpClient();
        var app = builder.Build();
        app.UseResponseCompression();
        app.MapGet("/", () => TypedResults.Content(Document, "text/html"));
        app.MapGet(
            "/bundle.js",
            (HttpContext context) =>
            {
                context.Response.Headers.CacheControl = "max-age=3600";
                return TypedResults.Bytes(library, "text/javascript");
            }
        );
        app.MapGet(
            "/bars",
            async (IHttpClientFactory clients, CancellationToken token) =>
                TypedResults.Bytes(await clients.CreateClient().GetByteArrayAsync(new Uri(web, bars), token), "application/json")
        );
        await app.StartAsync(cancellationToken);
        return new(app);
    }

    public async ValueTask DisposeAsync() => await _app.DisposeAsync();
}
