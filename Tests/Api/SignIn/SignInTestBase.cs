using System.Globalization;
using Microsoft.AspNetCore.Authentication.Google;
using Microsoft.AspNetCore.Builder;
using Microsoft.Extensions.DependencyInjection;

namespace Wyckoff.Tests.Api.SignIn;

/// <summary>A provider and a folder of keys for each test, and the API with both.</summary>
public abstract class SignInTestBase(TestDatabase database) : IAsyncLifetime, IClassFixture<TestDatabase>
{
    private readonly DirectoryInfo _keys = Directory.CreateTempSubdirectory("wyckoff-keys-");

    protected static CancellationToken Token => TestContext.Current.CancellationToken;

    protected TestDatabase Database => database;

    internal TestProvider Provider { get; private set; } = null!;

    public async ValueTask InitializeAsync() => Provider = await TestProvider.StartAsync();

    public async ValueTask DisposeAsync()
    {
        GC.SuppressFinalize(this);
        await Provider.DisposeAsync();
        _keys.Delete(recursive: true);
    }

    /// <summary>Starts the API, in which strangers may sign in unless a setting says otherwise.</summary>
    internal Task<ListeningApi> StartAsync(params (string Key, string Value)[] settings)
    {
        var all = new Dictionary<string, string>(StringComparer.Ordinal)
        {
            ["Wyckoff:Access"] = "keys",
            ["Wyckoff:Secrets:KeyFolder"] = _keys.FullName,
            ["Wyckoff:SignIn:Waitlist"] = "false",
            ["Wyckoff:SignIn:OpenIdConnect:Authority"] = Provider.Issuer,
            ["Wyckoff:SignIn:OpenIdConnect:ClientId"] = TestProvider.ClientId,
            ["Wyckoff:SignIn:OpenIdConnect:ClientSecret"] = TestProvider.ClientSecret,
            ["Wyckoff:SignIn:OpenIdConnect:Name"] = "Example",
            ["Wyckoff:SignIn:Google:ClientId"] = TestProvider.ClientId,
            ["Wyckoff:SignIn:Google:ClientSecret"] = TestProvider.ClientSecret,
        };
        foreach (var (key, value) in settings)
        {
            all[key] = value;
        }

        return ListeningApi.StartAsync(database.AppConnection, all, configure: UseTestProvider);
    }

    internal async Task<Browser> EnterAsync(ListeningApi api, string name)
    {
        Provider.Is(name);
        var browser = new Browser(api.Address);
        await browser.EnterAsync();
        return browser;
    }

    internal Task SetAsync(string name, string assignment) =>
        database.ExecuteAsync(
            string.Create(CultureInfo.InvariantCulture, $"UPDATE account.user_accounts SET {assignment} WHERE email = $1"),
            name + "@example.org"
        );

    private void UseTestProvider(WebApplicationBuilder builder) =>
        builder.Services.PostConfigure<GoogleOptions>(
            "google",
            google =>
                (google.AuthorizationEndpoint, google.TokenEndpoint, google.UserInformationEndpoint) = (
                    Provider.Issuer + "/authorize",
                    Provider.Issuer + "/token",
                    Provider.Issuer + "/userinfo"
                )
        );
}
