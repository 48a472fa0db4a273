using Wyckoff.Tests.Api;
using Wyckoff.Tests.Sync;

namespace Wyckoff.Tests.Web.Data;

/// <summary>The web page and the API over an empty database that a class of tests writes to, with a provider that can be asked.</summary>
public sealed class DataWeb : IAsyncLifetime
{
    private readonly TestDatabase _database = new();
    private ListeningApi? _api;
    private WebServer? _web;
    private FakeAlpaca? _alpaca;

    public Uri Address => _web!.Address;

    public TestDatabase Database => _database;

    internal ListeningApi Api => _api!;

    internal FakeAlpaca Alpaca => _alpaca!;

    public async ValueTask InitializeAsync()
    {
        await _database.InitializeAsync();
        _alpaca = await FakeAlpaca.StartAsync();
        _api = await ListeningApi.StartAsync(
            _database.AppConnection,
            new()
            {
                ["Wyckoff:Providers:Alpaca:KeyId"] = FakeAlpaca.KeyId,
                ["Wyckoff:Providers:Alpaca:SecretKey"] = FakeAlpaca.SecretKey,
                ["Wyckoff:Providers:Alpaca:Url"] = _alpaca.Url.ToString(),
                ["Wyckoff:Providers:Alpaca:Retry:Attempts"] = "1",
            }
        );
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

        if (_alpaca is not null)
        {
            await _alpaca.DisposeAsync();
        }

        await _database.DisposeAsync();
    }
}
