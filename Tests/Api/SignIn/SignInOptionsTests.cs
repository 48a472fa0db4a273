using Microsoft.Extensions.Options;

namespace Wyckoff.Tests.Api.SignIn;

/// <summary>Settings of the sign-in that cannot be used stop the service at its start.</summary>
public sealed class SignInOptionsTests(TestDatabase database) : IClassFixture<TestDatabase>
{
    private const string Secret = "do-not-show-this";

    [Theory]
    [InlineData("Google:ClientSecret is missing", "Google:ClientId=a")]
    [InlineData("Google:ClientId is missing", "Google:ClientSecret=" + Secret)]
    [InlineData("OpenIdConnect:ClientSecret is missing", "OpenIdConnect:Authority=https://a.example,OpenIdConnect:ClientId=b")]
    [InlineData("OpenIdConnect:ClientId is missing", "OpenIdConnect:Authority=https://a.example,OpenIdConnect:ClientSecret=" + Secret)]
    [InlineData("OpenIdConnect:Authority is missing", "OpenIdConnect:Name=a")]
    [InlineData("OpenIdConnect:Authority needs https", "OpenIdConnect:Authority=http://a.example")]
    [InlineData("OpenIdConnect:Authority is an address", "OpenIdConnect:Authority=a.example")]
    [InlineData("OpenIdConnect:Authority is an address", "OpenIdConnect:Authority=ftp://a.example")]
    [InlineData("OpenIdConnect:Authority is an address", "OpenIdConnect:Authority=https://a.example?b=c")]
    [InlineData("SessionLifetime is a time span", "SessionLifetime=00:00:01")]
    [InlineData("SessionLifetime is a time span", "SessionLifetime=366.00:00:00")]
    public async Task A_setting_that_cannot_be_used_is_named(string message, string settings)
    {
        var all = settings
            .Split(',')
            .Select(setting => setting.Split('=', 2))
            .ToDictionary(setting => "Wyckoff:SignIn:" + setting[0], setting => setting[1], StringComparer.Ordinal);
        all["Wyckoff:Access"] = "keys";
        var refused = await Assert.ThrowsAsync<OptionsValidationException>(() => ListeningApi.StartAsync(database.AppConnection, all));
        Assert.Contains("Wyckoff:SignIn:" + message, refused.Message, StringComparison.Ordinal);
        Assert.DoesNotContain(Secret, refused.Message, StringComparison.Ordinal);
    }
}
