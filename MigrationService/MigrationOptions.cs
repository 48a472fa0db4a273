using System.ComponentModel.DataAnnotations;
using Wyckoff.ServiceDefaults;

namespace Wyckoff.MigrationService;

/// <summary>The settings of section <c>Wyckoff</c> that MigrationService uses.</summary>
internal sealed class MigrationOptions
{
    public const string Section = "Wyckoff";

    /// <summary>The password to set for <c>wyckoff_app</c>; null leaves the role's password unchanged.</summary>
    [RegularExpression(ScramVerifier.PasswordPattern, ErrorMessage = "Wyckoff:AppPassword has a character that is not printable ASCII.")]
    public string? AppPassword { get; set; }

    /// <summary>The password to set for <c>wyckoff_worker</c>; null leaves the role's password unchanged.</summary>
    [RegularExpression(ScramVerifier.PasswordPattern, ErrorMessage = "Wyckoff:WorkerPassword has a character that is not printable ASCII.")]
    public string? WorkerPassword { get; set; }

    /// <summary>Whether requests need keys. Then the first admin key is made.</summary>
    [RegularExpression(AccessModes.Pattern, ErrorMessage = AccessModes.Error)]
    public string Access { get; set; } = AccessModes.Keys;

    /// <summary>The file for the first admin key; null: a file in the user's data folder.</summary>
    public string? AdminKeyFile { get; set; }

    /// <summary>
    /// The SHA-256 of an admin key, in hexadecimal digits. Then no key is made: for containers, where nobody reads a file.
    /// </summary>
    [RegularExpression("[0-9a-fA-F]{64}", ErrorMessage = "Wyckoff:AdminKeyHash is the SHA-256 of a key: 64 hexadecimal digits.")]
    public string? AdminKeyHash { get; set; }

    /// <summary><c>auto</c> uses TimescaleDB where the server has it; <c>off</c> does without.</summary>
    [RegularExpression("auto|off", ErrorMessage = "Wyckoff:Timescale is auto or off.")]
    public string Timescale { get; set; } = "auto";

    /// <summary>
    /// Keep the process running after success, for platforms that restart exited containers. A failure still exits with 1.
    /// </summary>
    public bool StayUp { get; set; }

    /// <summary>How long to wait for the server to answer.</summary>
    [Range(typeof(TimeSpan), "00:00:00", "1.00:00:00", ErrorMessage = "Wyckoff:ServerWait is a time span from 00:00:00 to 1.00:00:00.")]
    public TimeSpan ServerWait { get; set; } = TimeSpan.FromMinutes(1);

    /// <summary>How long to wait for another migration of the same database to end.</summary>
    [Range(typeof(TimeSpan), "00:00:00", "1.00:00:00", ErrorMessage = "Wyckoff:LockWait is a time span from 00:00:00 to 1.00:00:00.")]
    public TimeSpan LockWait { get; set; } = TimeSpan.FromMinutes(10);
}
