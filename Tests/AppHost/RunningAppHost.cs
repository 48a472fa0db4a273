using Wyckoff.LocalServers;

namespace Wyckoff.Tests.AppHost;

/// <summary>A running system with the sample data, shared by the tests of the collection.</summary>
public sealed class RunningAppHost : IAsyncLifetime
{
    private AppHostHome? _home;
    private RunningSystem? _system;

    public int Port { get; } = PortOwner.PickFree();

    public int WebPort { get; } = PortOwner.PickFree();

    public string Url => $"http://127.0.0.1:{Port}";

    internal AppHostHome Home => _home!;

    internal RunningSystem System => _system!;

    public async ValueTask InitializeAsync()
    {
        Assert.SkipUnless(OperatingSystem.IsLinux(), "Local servers are for Linux.");
        _home = await AppHostHome.CreateAsync();
        _system = new(_home.Folder, ["--local", "--port", $"{Port}", "--web-port", $"{WebPort}"]);
        await _system.WaitForOutputAsync("Ctrl+C stops everything");
        using var client = new HttpClient();
        await Eventually.HoldsAsync(
            async () =>
                (await client.GetStringAsync($"{Url}/v1/bars/SPY?timeframe=1m&limit=390")).Contains(
                    "\"count\":390",
                    StringComparison.Ordinal
                ),
            () => $"The samples never came: {_system.Output}"
        );
    }

    public async ValueTask DisposeAsync()
    {
        if (_system is not null)
        {
            _system.Terminate();
            await _system.ExitAsync();
            _system.Dispose();
        }

        if (_home is not null)
        {
            await _home.DisposeAsync();
        }
    }
}
