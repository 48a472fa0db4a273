using System.Diagnostics;
using System.Globalization;
using System.Runtime.InteropServices;
using Wyckoff.LocalServers;

namespace Wyckoff.AppHost.Embedded;

/// <summary>The standalone Aspire dashboard, from the npm package of the Aspire CLI. Without it everything works, only unseen.</summary>
internal sealed class Dashboard : IAsyncDisposable
{
    private const string Version = "13.5.4";
    private readonly LeashedProcess _process;

    private Dashboard(LeashedProcess process, string url, string otlp)
    {
        (_process, Url) = (process, url);
        Environment = new Dictionary<string, string>(StringComparer.Ordinal) { ["OTEL_EXPORTER_OTLP_ENDPOINT"] = otlp, ["OTEL_EXPORTER_OTLP_PROTOCOL"] = "grpc" };
    }

    public string Url { get; }

    /// <summary>What makes a service send its telemetry here.</summary>
    public IReadOnlyDictionary<string, string> Environment { get; }

    /// <summary>Null, after saying why, when it cannot be had here.</summary>
    public static async Task<Dashboard?> StartAsync(ServerHome home, Action<string> say, CancellationToken cancellationToken)
    {
        var system = OperatingSystem.IsMacOS() ? "osx" : OperatingSystem.IsWindows() ? "win" : "linux";
        var package = $"@microsoft/aspire-cli-{system}-{RuntimeInformation.OSArchitecture.ToString().ToLowerInvariant()}";
        var folder = Path.Combine(home.Folder, "dashboard", Version);
        var cli = Path.Combine(folder, "node_modules", package, "bin", OperatingSystem.IsWindows() ? "aspire.exe" : "aspire");
        if (!File.Exists(cli))
        {
            say($"Fetching the dashboard ({package}, about 125 MB) …");
            if (!await RunAsync("npm", ["install", "--no-audit", "--no-fund", "--silent", "--prefix", folder, $"{package}@{Version}"], cancellationToken) || !File.Exists(cli))
            {
                say($"The dashboard cannot be had here: npm install {package}@{Version} did not succeed. Going on without it.");
                return null;
            }
        }

        var install = Path.Combine(folder, "bundle");
        if (!Directory.Exists(install) && !await RunAsync(cli, ["setup", "--install-path", install, "--nologo"], cancellationToken))
        {
            say("The dashboard could not be unpacked. Going on without it.");
            return null;
        }

        var url = string.Create(CultureInfo.InvariantCulture, $"http://127.0.0.1:{(PortOwner.IsFree(18888) ? 18888 : PortOwner.PickFree())}");
        var otlp = string.Create(CultureInfo.InvariantCulture, $"http://127.0.0.1:{PortOwner.PickFree()}");
        string[] arguments =
        [
            "dashboard", "run", "--nologo", "--non-interactive", "--frontend-url", url, "--otlp-grpc-url", otlp,
            "--otlp-http-url", string.Create(CultureInfo.InvariantCulture, $"http://127.0.0.1:{PortOwner.PickFree()}"),
            "--allow-anonymous", // it listens on loopback only, and a login link in a log that scrolled away helps nobody
        ];
        var process = LeashedProcess.Start("Dashboard", cli, arguments, new Dictionary<string, string?>(StringComparer.Ordinal) { ["ASPIRE_CLI_TELEMETRY_OPTOUT"] = "1" }, null, "TERM", TimeSpan.FromSeconds(5), _ => { });
        return new(process, url, otlp);
    }

    public async ValueTask DisposeAsync() => await _process.StopAsync();

    private static async Task<bool> RunAsync(string program, string[] arguments, CancellationToken cancellationToken)
    {
        try
        {
            using var process = Process.Start(new ProcessStartInfo(program, arguments) { RedirectStandardOutput = true, RedirectStandardError = true })!;
            var output = Task.WhenAll(process.StandardOutput.ReadToEndAsync(cancellationToken), process.StandardError.ReadToEndAsync(cancellationToken));
            await process.WaitForExitAsync(cancellationToken);
            await output;
            return process.ExitCode == 0;
        }
        catch (System.ComponentModel.Win32Exception)
        {
            return false; // no such program
        }
    }
}
