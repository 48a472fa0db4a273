using System.Net;
using System.Net.Http.Headers;
using System.Text;
using System.Text.Json;
using Wyckoff.Accounts;
using Wyckoff.ServiceDefaults;
using Wyckoff.Tests.Accounts;

namespace Wyckoff.Tests.Api.Accounts;

/// <summary>Base class of tests that send requests with keys of accounts of their own.</summary>
public abstract class AccountApiBase(TestDatabase database, Dictionary<string, string>? settings = null)
    : IClassFixture<TestDatabase>,
        IAsyncDisposable
{
    private ListeningApi? _api;

    protected static CancellationToken Token => TestContext.Current.CancellationToken;

    protected TestDatabase Database { get; } = database;

    private protected ListeningApi Api => _api!;

    public async ValueTask DisposeAsync()
    {
        if (_api is not null)
        {
            await _api.DisposeAsync();
        }

        GC.SuppressFinalize(this);
    }

    /// <summary>Makes an account, and returns its id and a key of it.</summary>
    protected async Task<(long Id, string Key)> AddAccountAsync(string name, AccessScope scope = AccessScope.Write, bool isAdmin = false)
    {
        var id = await TestAccounts.CreateAsync(Database, name, isAdmin);
        return (id, await TestAccounts.AddKeyAsync(Database, id, scope));
    }

    protected async Task<HttpResponseMessage> SendAsync(
        string key,
        string method,
        string path,
        string? json = null,
        params (string Name, string Value)[] headers
    )
    {
        _api ??= await ListeningApi.StartAsync(
            Database.AppConnection,
            new(settings ?? [], StringComparer.Ordinal) { ["Wyckoff:Access"] = AccessModes.Keys }
        );
        using var request = new HttpRequestMessage(new(method), "/v1/account" + path);
        request.Headers.Authorization = new("Bearer", key);
        foreach (var (name, value) in headers)
        {
            request.Headers.TryAddWithoutValidation(name, value);
        }

        if (json is not null)
        {
            request.Content = new StringContent(json, Encoding.UTF8, new MediaTypeHeaderValue("application/json"));
        }

        return await _api.Client.SendAsync(request, Token);
    }

    /// <summary>Sends a request that succeeds, and returns its answer.</summary>
    protected async Task<JsonElement> GetAsync(string key, string method, string path, string? json = null)
    {
        using var response = await SendAsync(key, method, path, json);
        var text = await response.Content.ReadAsStringAsync(Token);
        Assert.True(response.IsSuccessStatusCode, text);
        return text.Length == 0 ? default : JsonElement.Parse(text);
    }

    protected async Task<HttpStatusCode> StatusAsync(string key, string method, string path, string? json = null)
    {
        using var response = await SendAsync(key, method, path, json);
        return response.StatusCode;
    }
}
