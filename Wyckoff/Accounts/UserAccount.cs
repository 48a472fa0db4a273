using System.Text;
using Wyckoff.Primitives;

namespace Wyckoff.Accounts;

public enum AuthProvider
{
    Google,
    Local,
    Oidc,
}

/// <summary>An account of the platform: the owner of strategies, orders, trades and journal data.</summary>
public sealed class UserAccount
{
    /// <summary>How many characters a name or an address has at most.</summary>
    public const int MaxText = 255;

    public static readonly DateOnly EarliestBirth = new(1900, 1, 1);

    private UserAccount() { }

    public UserAccount(string externalUserId, string name, string email, string? googleId = null)
    {
        ExternalUserId = Guard.Text(externalUserId, 100);
        GoogleId = Guard.TextOrNull(googleId, 255);
        AuthProvider = googleId is null ? AuthProvider.Local : AuthProvider.Google;
        Rename(name);
        Email = IsEmail(email)
            ? Guard.MaxLength(email, MaxText)!
            : throw new ArgumentException("is not a lower-case e-mail address.", nameof(email));
    }

    public long Id { get; private set; }

    public string ExternalUserId { get; private set; } = "";

    public string Name { get; private set; } = "";

    /// <summary>In lower case, so that the unique index is case-insensitive.</summary>
    public string Email { get; private set; } = "";

    public string? GoogleId { get; private set; }

    public AuthProvider AuthProvider { get; private set; }

    public string? ProfilePictureUrl { get; private set; }

    public string? Phone { get; private set; }

    public string? Address { get; private set; }

    public DateOnly? DateOfBirth { get; private set; }

    public string? Gender { get; private set; }

    public bool IsActive { get; private set; } = true;

    public bool IsAdmin { get; private set; }

    public DateTimeOffset CreatedAt { get; private set; }

    public DateTimeOffset UpdatedAt { get; private set; }

    public void Rename(string name) => Name = Guard.Text(name, MaxText);

    public void ShowPicture(string? url)
    {
        Guard.Require(url is null || IsPictureUrl(url), nameof(url), "must begin with http:// or https://");
        ProfilePictureUrl = Guard.MaxLength(url, 1024);
    }

    public static bool IsPictureUrl(string url) =>
        url.StartsWith("https://", StringComparison.Ordinal) || url.StartsWith("http://", StringComparison.Ordinal);

    public void Describe(string? phone, string? address, DateOnly? dateOfBirth, string? gender)
    {
        Guard.Require(dateOfBirth is null || dateOfBirth >= EarliestBirth, nameof(dateOfBirth), "is before 1900");
        (Phone, Address, DateOfBirth, Gender) = (
            Guard.MaxLength(phone, 50),
            Guard.MaxLength(address, int.MaxValue),
            dateOfBirth,
            Guard.MaxLength(gender, 20)
        );
    }

    /// <summary>Reads an address in any case, and returns it in the form in which it is stored; null if it is none.</summary>
    public static string? FindEmail(string? text) =>
        // The Kelvin sign is k in lower case, so the text as given must be ASCII.
        text is not null
        && text.Length <= MaxText
        && Ascii.IsValid(text)
        && text.ToLowerInvariant() is var email
        && IsEmail(email)
            ? email
            : null;

    /// <summary>Checks the form only: one @ with text on both sides, printable ASCII, no capitals.</summary>
    public static bool IsEmail(string? text) =>
        text is not null
        && text.IndexOf('@', StringComparison.Ordinal) is var at
        && at > 0
        && at < text.Length - 1
        && at == text.LastIndexOf('@')
        && text.All(c => c is >= '!' and <= '~' and not (>= 'A' and <= 'Z'));
}
