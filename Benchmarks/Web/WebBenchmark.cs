using Microsoft.Playwright;
using Wyckoff.Benchmarks.Load;
using Wyckoff.Benchmarks.Reading;
using Wyckoff.Primitives;

namespace Wyckoff.Benchmarks.Web;

/// <summary>
/// Measures the web page in headless Chromium: the first chart cold and warm beside a bare page, steps of panning and of live updates,
/// memory under live updates, and many readers of the market page.
/// </summary>
internal static class WebBenchmark
{
    private const int Loads = 15;
    private const int Steps = 60;
    private const int Readers = 200;
    private const int UpdatesPerSecond = 10; // a live feed changes a minute about once a second
    private const string Bundle = "/_content/Vizor.ECharts/js/vizor-echarts-bundle-min.js";
    private static readonly TimeSpan Updating = TimeSpan.FromMinutes(5);

    // The time from the start of the navigation until the candles are drawn. The chart page draws in one go, and marks the first.
    private const string Painted = """
        () => new Promise((resolve) => {
          const look = () => {
            const [mark] = performance.getEntriesByName('chart-painted');
            if (mark) { resolve(mark.startTime); } else { requestAnimationFrame(look); }
          };
          look();
        })
        """;

    // The time from a key to the end of the drawing that it causes.
    private const string Step = """
        (key) => new Promise((resolve) => {
          const chart = echarts.getInstanceByDom(document.querySelector('[_echarts_instance_]'));
          const start = performance.now();
          const done = () => { chart.off('finished', done); resolve(performance.now() - start); };
          chart.on('finished', done);
          document.activeElement.dispatchEvent(new KeyboardEvent('keydown', { key, bubbles: true }));
        })
        """;

    private const string CountDraws = """
        () => {
          window.draws = 0;
          echarts.getInstanceByDom(document.querySelector('[_echarts_instance_]')).on('finished', () => window.draws++);
        }
        """;

    public static async Task<Report> RunAsync(CancellationToken cancellationToken)
    {
        using var folder = new BenchmarkFolder("web");
        Report.Log($"Load average at the start: {ProcessFigures.LoadAverage()}");
        await using var setup = await ReadSetup.StartAsync(folder.PathOf("postgres"), cancellationToken);
        Report.Log($"{setup.Server.Description}; load average {ProcessFigures.LoadAverage()}");
        await using var api = await setup.StartApiAsync(BenchmarkServer.Main, inProcess: true, redis: true, cancellationToken);
        await using var web = await WebProcess.StartAsync(api, cancellationToken);
        using var playwright = await Playwright.CreateAsync();
        await using var browser = await playwright.Chromium.LaunchAsync(
            new()
            {
                ExecutablePath = "/usr/bin/chromium",
                Args = ["--no-sandbox", "--disable-background-networking", "--js-flags=--expose-gc"],
            }
        );
        var report = new Report();
        await LoadAsync(report, browser, web, cancellationToken);
        await StepAsync(report, browser, web);
        await ReadAsync(report, web, cancellationToken);
        await UpdateAsync(report, setup, browser, web, cancellationToken);
        return report;
    }

    private static string ChartPath => $"/chart?symbol={BarData.SymbolName(0)}&timeframe=1d";

    private static async Task LoadAsync(Report report, IBrowser browser, WebProcess web, CancellationToken cancellationToken)
    {
        // The bars of the first screen, as the chart page asks for them.
        var symbol = BarData.SymbolName(0);
        await using var bare = await BarePage.StartAsync(
            web.Address,
            Bundle,
            $"/v1/bars/{symbol}?timeframe=1d&last=500&fields=t,o,h,l,c,v",
            cancellationToken
        );
        List<double> cold = [],
            warm = [],
            bareCold = [],
            bareWarm = [],
            bytes = [];
        for (var load = 0; load < Loads; load++)
        {
            var (first, second, size) = await LoadTwiceAsync(browser, new Uri(web.Address, ChartPath).ToString());
            var (bareFirst, bareSecond, _) = await LoadTwiceAsync(browser, bare.Address);
            cold.Add(first);
            warm.Add(second);
            bytes.Add(size / 1024d);
            bareCold.Add(bareFirst);
            bareWarm.Add(bareSecond);
        }

        report.Add("chart page cold: bytes", Report.Median(bytes), "kB", 1024);
        report.Add("chart page cold: time to candles", Report.Median(cold), "ms");
        report.Add("chart page warm: time to candles", Report.Median(warm), "ms");
        report.Add("bare page cold: time to candles", Report.Median(bareCold), "ms");
        report.Add("bare page warm: time to candles", Report.Median(bareWarm), "ms");
        report.Add("chart page over bare page, cold", Report.Median(cold.Zip(bareCold, (one, other) => one / other)), "×");
        report.Add("chart page over bare page, warm", Report.Median(warm.Zip(bareWarm, (one, other) => one / other)), "×", 1.5);
        Report.Log($"warm: {Report.Median(warm):0} ms, bare {Report.Median(bareWarm):0} ms; load {ProcessFigures.LoadAverage()}");
    }

    /// <summary>Loads a page with an empty cache and then with a filled one.</summary>
    private static async Task<(double Cold, double Warm, double Bytes)> LoadTwiceAsync(IBrowser browser, string url)
    {
        await using var profile = await browser.NewContextAsync(
            new()
            {
                ViewportSize = new() { Width = 1440, Height = 900 },
            }
        );
        var page = await profile.NewPageAsync();
        var devTools = await profile.NewCDPSessionAsync(page);
        await devTools.SendAsync("Network.enable");
        double bytes = 0;
        devTools.Event("Network.loadingFinished").OnEvent += (_, finished) =>
            bytes += finished?.GetProperty("encodedDataLength").GetDouble() ?? 0;
        await page.GotoAsync(url);
        var cold = await page.EvaluateAsync<double>(Painted);
        var first = bytes;
        // A new tab, as the library keeps nothing but the browser's cache.
        await page.CloseAsync();
        page = await profile.NewPageAsync();
        await page.GotoAsync(url);
        return (cold, await page.EvaluateAsync<double>(Painted), first);
    }

    private static async Task StepAsync(Report report, IBrowser browser, WebProcess web)
    {
        await using var profile = await browser.NewContextAsync(
            new()
            {
                ViewportSize = new() { Width = 1440, Height = 900 },
            }
        );
        var page = await profile.NewPageAsync();
        await page.GotoAsync(new Uri(web.Address, $"/chart?symbol={ReadSetup.LongSymbol}&timeframe=1m").ToString());
        await page.EvaluateAsync<double>(Painted);
        var steps = new List<double>();
        for (var step = 0; step < Steps; step++)
        {
            steps.Add(await page.EvaluateAsync<double>(Step, "ArrowLeft"));
        }

        report.Add("pan step, median", Report.Median(steps), "ms");
        report.Add("pan step, p95", steps.Order().ElementAt(Steps * 95 / 100), "ms");
    }

    private static async Task ReadAsync(Report report, WebProcess web, CancellationToken cancellationToken)
    {
        using var readers = await LoadGenerator.ConnectAsync(web.Port, Readers, ["/market"], cancellationToken);
        await readers.RunAsync(TimeSpan.FromSeconds(10), cancellationToken);
        var result = await readers.RunAsync(TimeSpan.FromSeconds(20), cancellationToken);
        report.Add($"market page, {Readers} readers: rate", result.Rate, "pages/s");
        report.Add($"market page, {Readers} readers: p95", result.Latencies.Percentile(0.95), "ms");
        report.Add("web page: peak of memory", web.PeakMegabytes, "MB");
        Report.Log($"market page: {result.Rate:0}/s, p95 {result.Latencies.Percentile(0.95):0} ms; load {ProcessFigures.LoadAverage()}");
    }

    private static async Task UpdateAsync(
        Report report,
        ReadSetup setup,
        IBrowser browser,
        WebProcess web,
        CancellationToken cancellationToken
    )
    {
        await using var profile = await browser.NewContextAsync(
            new()
            {
                ViewportSize = new() { Width = 1440, Height = 900 },
            }
        );
        var page = await profile.NewPageAsync();
        await page.GotoAsync(new Uri(web.Address, $"/chart?symbol={BarData.SymbolName(0)}&timeframe=1m").ToString());
        await page.EvaluateAsync<double>(Painted);
        await page.EvaluateAsync(CountDraws);
        var devTools = await profile.NewCDPSessionAsync(page);
        var ticker = await setup.Tickers.GetOrAddAsync(Symbol.Parse(BarData.SymbolName(0)), cancellationToken);
        using var end = CancellationTokenSource.CreateLinkedTokenSource(cancellationToken);
        var busyBefore = await BusyAsync(devTools);
        var writes = WriteAsync(setup, ticker, end.Token);
        await Task.Delay(TimeSpan.FromMinutes(1), cancellationToken);
        var early = await HeapAsync(devTools);
        await Task.Delay(Updating - TimeSpan.FromMinutes(1), cancellationToken);
        var late = await HeapAsync(devTools);
        await end.CancelAsync();
        var written = await writes;
        var draws = await page.EvaluateAsync<int>("() => window.draws");
        var busy = await BusyAsync(devTools) - busyBefore;
        report.Add("live updates: written in 5 minutes", written, "bars");
        report.Add("live updates: drawn", draws, "times");
        report.Add("live updates: script, layout and paint per drawing", busy * 1000 / Math.Max(1, draws), "ms");
        report.Add("live updates: memory after 1 minute", early, "MB");
        report.Add("live updates: memory after 5 minutes", late, "MB");
        report.Add("live updates: memory after 5 minutes over after 1", late / early, "×", 1.25);
        Report.Log(
            $"updates: {written:0} written, {draws:0} drawn; memory {early:0.0} then {late:0.0} MB; load {ProcessFigures.LoadAverage()}"
        );
    }

    private static async Task<double> WriteAsync(ReadSetup setup, Wyckoff.Tickers.TickerRef ticker, CancellationToken cancellationToken)
    {
        var written = 0;
        using var timer = new PeriodicTimer(TimeSpan.FromSeconds(1d / UpdatesPerSecond));
        try
        {
            while (await timer.WaitForNextTickAsync(cancellationToken))
            {
                await setup.ChangeNewestMinuteAsync(ticker, cancellationToken);
                written++;
            }
        }
        catch (OperationCanceledException) { }

        return written;
    }

    /// <summary>The memory of the page's script after a collection.</summary>
    private static async Task<double> HeapAsync(ICDPSession devTools)
    {
        await devTools.SendAsync("HeapProfiler.collectGarbage");
        var usage = await devTools.SendAsync("Runtime.getHeapUsage");
        return usage!.Value.GetProperty("usedSize").GetDouble() / (1 << 20);
    }

    /// <summary>The seconds in which the page's main thread worked.</summary>
    private static async Task<double> BusyAsync(ICDPSession devTools)
    {
        await devTools.SendAsync("Performance.enable");
        var metrics = (await devTools.SendAsync("Performance.getMetrics"))!.Value.GetProperty("metrics");
        return metrics
            .EnumerateArray()
            .Single(metric => metric.GetProperty("name").GetString() == "TaskDuration")
            .GetProperty("value")
            .GetDouble();
    }
}
