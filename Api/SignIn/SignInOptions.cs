using System.ComponentModel.DataAnnotations;

namespace Wyckoff.Api.SignIn;

/// <summary>How people sign in: section <c>Wyckoff:SignIn</c>. A provider is off until it is configured.</summary>
public sealed class SignInOptions : IValidatableObject
{
    public const string Section = "Wyckoff:SignIn";

    public GoogleSignInOptions Google { get; set; } = new();

    public OpenIdConnectSignInOptions OpenIdConnect { get; set; } = new();

    /// <summary>Whether only people with an account may sign in: an administrator makes accounts for those on the waitlist.</summary>
    public bool Waitlist { get; set; } = true;

    /// <summary>How long a session lasts after the sign-in.</summary>
    [Range(
        typeof(TimeSpan),
        "00:05:00",
        "365.00:00:00",
        ErrorMessage = $"{Section}:{nameof(SessionLifetime)} is a time span from 00:05:00 to 365.00:00:00."
    )]
    public TimeSpan SessionLifetime { get; set; } = TimeSpan.FromDays(14);

    public IEnumerable<ValidationResult> Validate(ValidationContext validationContext) =>
        Missing(nameof(Google), (nameof(Google.ClientId), Google.ClientId, true), (nameof(Google.ClientSecret), Google.ClientSecret, true))
            .Concat(
                Missing(
                    nameof(OpenIdConnect),
                    (nameof(OpenIdConnect.Authority), OpenIdConnect.Authority, true),
                    (nameof(OpenIdConnect.ClientId), OpenIdConnect.ClientId, true),
                    (nameof(OpenIdConnect.ClientSecret), OpenIdConnect.ClientSecret, true),
                    (nameof(OpenIdConnect.Name), OpenIdConnect.Name, false)
                )
            )
            .Concat(OpenIdConnect.Validate());

    /// <summary>The error of each key that is missing although another key of the provider is set. The values are not named.</summary>
    private static IEnumerable<ValidationResult> Missing(string provider, params (string Key, string? Value, bool Required)[] keys) =>
        keys.All(key => string.IsNullOrWhiteSpace(key.Value))
            ? []
            : keys.Where(key => key.Required && string.IsNullOrWhiteSpace(key.Value))
                .Select(key => new ValidationResult(
                    $"{Section}:{provider}:{key.Key} is missing: the sign-in with this provider needs "
                        + $"{string.Join(", ", keys.Where(needed => needed.Required).Select(needed => needed.Key))}.",
                    [provider]
                ));
}

/// <summary>The client that is registered with Google.</summary>
public sealed class GoogleSignInOptions
{
    public string? ClientId { get; set; }

    public string? ClientSecret { get; set; }

    public bool IsConfigured => !string.IsNullOrWhiteSpace(ClientId);
}

/// <summary>The client that is registered with another OpenID Connect provider.</summary>
public sealed class OpenIdConnectSignInOptions
{
    private const string Key = $"{SignInOptions.Section}:{nameof(SignInOptions.OpenIdConnect)}:{nameof(Authority)}";

    /// <summary>The issuer. Its discovery document is below this address.</summary>
    public string? Authority { get; set; }

    public string? ClientId { get; set; }

    public string? ClientSecret { get; set; }

    /// <summary>The name to show. Default: the host of the authority.</summary>
    public string? Name { get; set; }

    public bool IsConfigured => !string.IsNullOrWhiteSpace(Authority);

    internal IEnumerable<ValidationResult> Validate()
    {
        if (!IsConfigured)
        {
            yield break;
        }

        if (
            !Uri.TryCreate(Authority, UriKind.Absolute, out var authority)
            || authority.Scheme is not ("https" or "http")
            || authority.UserInfo.Length > 0
            || authority.Query.Length > 0
            || authority.Fragment.Length > 0
        )
        {
            yield return new($"{Key} is an address such as https://login.example.com, without a query.", [nameof(Authority)]);
        }
        else if (authority.Scheme == "http" && !authority.IsLoopback)
        {
            yield return new($"{Key} needs https: without it, anybody on the way can sign in as anybody.", [nameof(Authority)]);
        }
    }
}
