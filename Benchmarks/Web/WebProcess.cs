using System.Globalization;
using Wyckoff.Benchmarks.Load;
using Wyckoff.LocalServers;

namespace Wyckoff.Benchmarks.Web;

/// <summary>The web page as a process in front of an API.</summary>
internal sealed class WebProcess : IAsyncDisposable
{
    private readonly LeashedProcess _process;

    private WebProcess(LeashedProcess process, int port) => (_process, Port) = (process, port);

    public int Port { get; }

    public Uri Address => new(string.Create(CultureInfo.InvariantCulture, $"http://127.0.0.1:{Port}"));

    /// <summary>The peak of resident memory.</summary>
    public double PeakMegabytes => ProcessFigures.PeakMegabytes(_process.Pid);

    public static async Task<WebProcess> StartAsync(HostProcess api, CancellationToken cancellationToken)
    {
        var port = PortOwner.PickFree();
        var program = BenchmarkServer.Program("Web");
        var process = LeashedProcess.Start(
            "Web",
            "dotnet",
            [program, "--contentRoot", Path.GetFullPath(Path.Combine(program, "..", "..", "..", ".."))],
            new Dictionary<string, string?>(StringComparer.Ordinal)
            {
                ["ASPNETCORE_URLS"] = string.Create(CultureInfo.InvariantCulture, $"http://127.0.0.1:{port}"),
                ["services__api__http__0"] = string.Create(CultureInfo.InvariantCulture, $"http://127.0.0.1:{api.Port}"),
                ["Wyckoff__Access"] = "local",
                ["Logging__LogLevel__Default"] = "Warning",
            },
            null,
            "TERM",
            TimeSpan.FromSeconds(15),
            _ => { }
        );
        var web = new WebProcess(process, port);
        using var client = new HttpClient();
        while (true)
        {
            try
            {
                using var response = await client.GetAsync(new Uri(web.Address, "/alive"), cancellationToken);
                return web;
            }
            catch (HttpRequestException) when (!process.Exited.IsCompleted)
            {
                await Task.Delay(TimeSpan.FromMilliseconds(50), cancellationToken);
            }
        }
    }

    public ValueTask DisposeAsync() => _process.DisposeAsync();
}
