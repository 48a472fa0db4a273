using System.Net.Http.Json;
using System.Text.Json;
using Wyckoff.Accounts;
using Wyckoff.ServiceDefaults;
using Wyckoff.Tests.Accounts;

namespace Wyckoff.Tests.Api.Administration;

/// <summary>Sends requests with keys to an API that needs them.</summary>
internal sealed class AdminApi(TestDatabase database, Dictionary<string, string>? settings = null) : IAsyncDisposable
{
    private readonly ApiServer _api = new(
        database.AppConnection,
        settings: new(settings ?? [], StringComparer.Ordinal) { ["Wyckoff:Access"] = AccessModes.Keys }
    );

    private static CancellationToken Token => TestContext.Current.CancellationToken;

    /// <summary>Makes an administrator's account named NAME, with a key of the scope admin.</summary>
    public async Task<(long Id, string Key)> AdministratorAsync(string name)
    {
        var id = await TestAccounts.CreateAsync(database, name, isAdmin: true);
        return (id, await TestAccounts.AddKeyAsync(database, id, AccessScope.Admin));
    }

    public async Task<HttpResponseMessage> SendAsync(
        string method,
        string path,
        string? key = null,
        object? body = null,
        params (string Name, string Value)[] headers
    )
    {
        using var request = new HttpRequestMessage(new(method), path);
        if (key is not null)
        {
            request.Headers.Authorization = new("Bearer", key);
        }

        foreach (var (name, value) in headers)
        {
            request.Headers.TryAddWithoutValidation(name, value);
        }

        request.Content = body is null ? null : JsonContent.Create(body);
        return await _api.CreateClient().SendAsync(request, Token);
    }

    /// <summary>Sends a request that succeeds, and returns the body.</summary>
    public async Task<JsonElement> GetAsync(string method, string path, string key, object? body = null)
    {
        using var response = await SendAsync(method, path, key, body);
        Assert.True(response.IsSuccessStatusCode, await response.Content.ReadAsStringAsync(Token));
        return await response.Content.ReadFromJsonAsync<JsonElement>(Token);
    }

    /// <summary>Follows the cursors of a list, and returns the entries of each page.</summary>
    public async Task<List<List<JsonElement>>> PagesAsync(string path, string key, string list)
    {
        var pages = new List<List<JsonElement>>();
        for (string? cursor = ""; cursor is not null; )
        {
            var page = await GetAsync("GET", path + (cursor.Length > 0 ? $"&cursor={cursor}" : ""), key);
            pages.Add([.. page.GetProperty(list).EnumerateArray()]);
            Assert.Equal(pages[^1].Count, page.GetProperty("count").GetInt32());
            cursor = page.GetProperty("next").GetString();
        }

        return pages;
    }

    public ValueTask DisposeAsync() => _api.DisposeAsync();
}
