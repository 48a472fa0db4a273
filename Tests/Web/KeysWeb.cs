using System.Globalization;
using Microsoft.Playwright;
using Wyckoff.Accounts;
using Wyckoff.Tests.Accounts;
using Wyckoff.Tests.Api;
using Wyckoff.Tests.Api.SignIn;
using static Microsoft.Playwright.Assertions;

namespace Wyckoff.Tests.Web;

/// <summary>
/// The web page and the API in keys mode, with a sign-in provider and the waitlist, over a database of their own. Each test makes the
/// accounts that it needs.
/// </summary>
public sealed class KeysWeb : IAsyncLifetime
{
    private readonly DirectoryInfo _keys = Directory.CreateTempSubdirectory("wyckoff-keys-");
    private ListeningApi? _api;
    private WebServer? _web;

    public Uri Address => _web!.Address;

    public TestDatabase Database { get; } = new();

    internal ListeningApi Api => _api!;

    internal TestProvider Provider { get; private set; } = null!;

    public async ValueTask InitializeAsync()
    {
        await Database.InitializeAsync();
        Provider = await TestProvider.StartAsync();
        _api = await ListeningApi.StartAsync(
            Database.AppConnection,
            new(StringComparer.Ordinal)
            {
                ["Wyckoff:Access"] = "keys",
                ["Wyckoff:Secrets:KeyFolder"] = _keys.FullName,
                ["Wyckoff:SignIn:OpenIdConnect:Authority"] = Provider.Issuer,
                ["Wyckoff:SignIn:OpenIdConnect:ClientId"] = TestProvider.ClientId,
                ["Wyckoff:SignIn:OpenIdConnect:ClientSecret"] = TestProvider.ClientSecret,
                ["Wyckoff:SignIn:OpenIdConnect:Name"] = "Example",
            }
        );
        _web = await WebServer.StartAsync(
            _api.Address,
            new(StringComparer.Ordinal)
            {
                ["Wyckoff:Access"] = "keys",
                ["Wyckoff:Web:KeyFolder"] = _keys.FullName,
                ["Wyckoff:Web:Dashboard"] = "http://localhost:15080",
            }
        );
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

        if (Provider is not null)
        {
            await Provider.DisposeAsync();
        }

        await Database.DisposeAsync();
        _keys.Delete(recursive: true);
    }

    /// <summary>Makes an account named NAME with a key.</summary>
    internal async Task<(long Id, string Key)> AddAsync(string name, AccessScope scope = AccessScope.Write, bool isAdmin = false)
    {
        var id = await TestAccounts.CreateAsync(Database, name, isAdmin);
        return (id, await TestAccounts.AddKeyAsync(Database, id, scope));
    }

    /// <summary>Makes an account for the first sign-in of NAME@example.org at the provider.</summary>
    internal Task<long> InviteAsync(string name) =>
        Database.ScalarAsync<long>(
            string.Create(
                CultureInfo.InvariantCulture,
                $"""
                INSERT INTO account.user_accounts (external_user_id, name, email, auth_provider)
                VALUES ('invited:{name}', '{name}', '{name}@example.org', 'local') RETURNING id
                """
            )
        );

    /// <summary>Signs in with a key on the sign-in page that a page has led to.</summary>
    internal static async Task EnterAsync(IPage page, string key)
    {
        await page.GetByLabel("API key").FillAsync(key);
        await page.GetByRole(AriaRole.Button, new() { Name = "Sign in with a key" }).ClickAsync();
        await Expect(page.GetByRole(AriaRole.Button, new() { Name = "Sign out", Exact = true })).ToBeVisibleAsync();
    }
}
