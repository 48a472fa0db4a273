using System.Buffers.Text;
using System.Security.Claims;
using System.Security.Cryptography;
using System.Text;
using System.Text.Json;
using Wyckoff.Accounts;

namespace Wyckoff.Api.SignIn;

/// <summary>Reads what a provider says about a person. The names of the claims are those of OpenID Connect.</summary>
internal static class ProviderClaims
{
    public const string Subject = "sub";
    public const string Issuer = "iss";
    public const string Email = "email";
    public const string EmailVerified = "email_verified";
    public const string Name = "name";
    public const string Picture = "picture";

    private const int MaxGoogleSubject = 90;
    private const int MaxPicture = 1024;

    /// <summary>The identity; null if the provider does not say that it has verified the address.</summary>
    public static SignedIn? FindIdentity(ClaimsPrincipal principal, AuthProvider provider)
    {
        if (
            !string.Equals(principal.FindFirst(EmailVerified)?.Value, "true", StringComparison.OrdinalIgnoreCase)
            || UserAccount.FindEmail(principal.FindFirst(Email)?.Value) is not { } email
        )
        {
            return null;
        }

        var name = Clean(principal.FindFirst(Name)?.Value, UserAccount.MaxText);
        var picture = principal.FindFirst(Picture)?.Value;
        return new(
            provider,
            SubjectOf(principal, provider),
            email,
            name.Length > 0 ? name : email,
            Uri.TryCreate(picture, UriKind.Absolute, out var uri) && uri.Scheme == "https" && uri.AbsoluteUri.Length <= MaxPicture
                ? uri.AbsoluteUri
                : null
        );
    }

    /// <summary>Takes the address from the user information, unless the id token has both the address and whether it is verified.</summary>
    public static void CompleteEmail(ClaimsIdentity identity, JsonElement user)
    {
        if (identity.HasClaim(claim => claim.Type == Email) && identity.HasClaim(claim => claim.Type == EmailVerified))
        {
            return;
        }

        // Both from one source, so that nobody has one address verified and shows another.
        foreach (var claim in identity.FindAll(claim => claim.Type is Email or EmailVerified).ToList())
        {
            identity.RemoveClaim(claim);
        }

        foreach (var type in new[] { Email, EmailVerified })
        {
            if (user.TryGetProperty(type, out var value))
            {
                identity.AddClaim(new(type, value.ToString()));
            }
        }
    }

    /// <summary>Text that a provider or a browser sent, without what a terminal or the database would not take.</summary>
    public static string Clean(string? text, int maxLength)
    {
        var clean = new StringBuilder();
        var length = 0;
        foreach (var rune in (text ?? "").EnumerateRunes())
        {
            if (Rune.IsControl(rune) || rune == Rune.ReplacementChar)
            {
                continue;
            }

            if (length++ == maxLength)
            {
                break;
            }

            clean.Append(rune);
        }

        return clean.ToString().Trim();
    }

    private static string SubjectOf(ClaimsPrincipal principal, AuthProvider provider)
    {
        var subject = principal.FindFirst(Subject)?.Value;
        if (string.IsNullOrWhiteSpace(subject) || (provider == AuthProvider.Google && subject.Length > MaxGoogleSubject))
        {
            throw new FormatException("The provider's answer has no usable 'sub'.");
        }

        // A subject is unique within its issuer only. The hash of both fits into the column.
        return provider == AuthProvider.Google
            ? subject
            : Base64Url.EncodeToString(SHA256.HashData(Encoding.UTF8.GetBytes(principal.FindFirst(Issuer)?.Value + "\n" + subject)));
    }
}
