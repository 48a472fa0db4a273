using System.ComponentModel.DataAnnotations;

namespace Wyckoff.Accounts.Own;

/// <summary>How much an account may have: section <c>Wyckoff:Accounts</c>.</summary>
public sealed class AccountLimits
{
    public const string Section = "Wyckoff:Accounts";

    [Range(0, 10_000, ErrorMessage = "Wyckoff:Accounts:MaxRules is a number from 0 to 10000.")]
    public int MaxRules { get; set; } = 500;

    /// <summary>Keys that are neither revoked nor expired.</summary>
    [Range(1, 1_000, ErrorMessage = "Wyckoff:Accounts:MaxKeys is a number from 1 to 1000.")]
    public int MaxKeys { get; set; } = 50;

    /// <summary>How many revoked and expired keys the list of keys shows, newest first.</summary>
    [Range(0, 1_000, ErrorMessage = "Wyckoff:Accounts:ShowEndedKeys is a number from 0 to 1000.")]
    public int ShowEndedKeys { get; set; } = 100;

    /// <summary>How long the confirmation of a deletion is valid.</summary>
    [Range(
        typeof(TimeSpan),
        "00:00:10",
        "1.00:00:00",
        ErrorMessage = "Wyckoff:Accounts:ConfirmWithin is a time span from 00:00:10 to 1 day."
    )]
    public TimeSpan ConfirmWithin { get; set; } = TimeSpan.FromMinutes(10);
}
