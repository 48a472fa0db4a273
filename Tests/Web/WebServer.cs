using System.Collections.Concurrent;
using System.Diagnostics;
using Wyckoff.LocalServers;

namespace Wyckoff.Tests.Web;

/// <summary>The web page as a process on a free port, in front of an API.</summary>
internal sealed class WebServer : IAsyncDisposable
{
    private readonly Process _process;
    private readonly ConcurrentQueue<string> _output = new();

    private WebServer(Process process, Uri address)
    {
        (_process, Address) = (process, address);
        process.OutputDataReceived += (_, line) => _output.Enqueue(line.Data ?? "");
        process.ErrorDataReceived += (_, line) => _output.Enqueue(line.Data ?? "");
        process.BeginOutputReadLine();
        process.BeginErrorReadLine();
    }

    public Uri Address { get; }

    /// <summary>What the process has printed: its log.</summary>
    public string Output => string.Join('\n', _output);

    /// <summary>The most memory that the process has used, in bytes.</summary>
    public long PeakMemory
    {
        get
        {
            _process.Refresh();
            return _process.PeakWorkingSet64;
        }
    }

    public static async Task<WebServer> StartAsync(Uri api, Dictionary<string, string>? settings = null)
    {
        // By name, as a person does: cookies of localhost need no TLS.
        var address = new Uri($"http://localhost:{PortOwner.PickFree()}");
        var start = new ProcessStartInfo("dotnet", Run.Dll("Web"))
        {
            RedirectStandardOutput = true,
            RedirectStandardError = true,
            WorkingDirectory = Path.Combine(Run.Root, "Web"),
            Environment =
            {
                ["services__api__http__0"] = api.ToString(),
                ["ASPNETCORE_URLS"] = address.ToString(),
                ["Wyckoff__Access"] = "local",
                ["DOTNET_gcServer"] = "0",
            },
        };
        foreach (var (key, value) in settings ?? [])
        {
            start.Environment[key.Replace(":", "__", StringComparison.Ordinal)] = value;
        }

        var server = new WebServer(Process.Start(start)!, address);
        using var client = new HttpClient();
        await Eventually.HoldsAsync(
            async () =>
            {
                Assert.False(server._process.HasExited, server.Output);
                try
                {
                    using var response = await client.GetAsync(new Uri(address, "/alive"));
                    return response.IsSuccessStatusCode;
                }
                catch (HttpRequestException)
                {
                    return false;
                }
            },
            () => server.Output
        );
        return server;
    }

    public async ValueTask DisposeAsync()
    {
        _process.Kill();
        await _process.WaitForExitAsync();
        _process.Dispose();
    }
}
