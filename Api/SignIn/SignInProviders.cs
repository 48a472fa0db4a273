using Microsoft.Extensions.Options;
using Wyckoff.Accounts;
using Wyckoff.ServiceDefaults;

namespace Wyckoff.Api.SignIn;

/// <summary>The providers that people can sign in with here. None in local mode, in which nobody signs in.</summary>
internal sealed class SignInProviders(IOptions<SignInOptions> signIn, IOptions<AccessOptions> access)
{
    /// <summary>The names of the schemes, and the last segments of the paths.</summary>
    public const string Google = "google";
    public const string OpenIdConnect = "oidc";

    public IReadOnlyList<SignInProvider> All { get; } = access.Value.IsLocal ? [] : [.. Configured(signIn.Value)];

    public SignInProvider? Find(string id) => All.FirstOrDefault(provider => provider.Id == id);

    public static AuthProvider ProviderOf(string scheme) => scheme == Google ? AuthProvider.Google : AuthProvider.Oidc;

    private static IEnumerable<SignInProvider> Configured(SignInOptions options)
    {
        if (options.Google.IsConfigured)
        {
            yield return new(Google, "Google");
        }

        if (options.OpenIdConnect is { IsConfigured: true } provider)
        {
            yield return new(
                OpenIdConnect,
                string.IsNullOrWhiteSpace(provider.Name) ? new Uri(provider.Authority!).Host : provider.Name.Trim()
            );
        }
    }
}

/// <summary>A provider that people can sign in with: navigate to its path, with an optional 'returnUrl'.</summary>
public sealed record SignInProvider(string Id, string Name)
{
    public string Path => SignInExtensions.BasePath + "/" + Id;
}
