using Wyckoff.Tests.Api;

namespace Wyckoff.Tests.Web;

/// <summary>The web page and the API in local mode over a database with the sample data. Tests that share it only read.</summary>
public sealed class SampleWeb : IAsyncLifetime
{
    private readonly SampleDatabase _database = new();
    private ListeningApi? _api;
    private WebServer? _web;

    public Uri Address => _web!.Address;

    public TestDatabase Database => _database;

    internal ListeningApi Api => _api!;

    public async ValueTask InitializeAsync()
    {
        await ((IAsyncLifetime)_database).InitializeAsync();
        _api = await ListeningApi.StartAsync(_database.AppConnection);
        _web = await WebServer.StartAsync(_api.Address);
    }

    public async ValueTask DisposeAsync()
    {
        if (_web is not null)
        {
            await _web.DisposeAsync();
        }

        if (_api is not null)
        {
            await _api.DisposeAsync();
        }

        await _database.DisposeAsync();
    }
}
