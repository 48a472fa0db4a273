using System.ComponentModel.DataAnnotations;

namespace Wyckoff.MigrationService;

/// <summary>Section <c>Wyckoff</c> as far as migrations need it.</summary>
internal sealed class MigrationOptions
{
    public const string Section = "Wyckoff";

    /// <summary>The password <c>wyckoff_app</c> gets. None: the role's password is left alone.</summary>
    [RegularExpression(ScramVerifier.PasswordPattern, ErrorMessage = "Wyckoff:AppPassword has a character that is not printable ASCII.")]
    public string? AppPassword { get; set; }

    /// <summary>The password <c>wyckoff_worker</c> gets. None: the role's password is left alone.</summary>
    [RegularExpression(ScramVerifier.PasswordPattern, ErrorMessage = "Wyckoff:WorkerPassword has a character that is not printable ASCII.")]
    public string? WorkerPassword { get; set; }

    /// <summary><c>auto</c> uses TimescaleDB where the server has it; <c>off</c> does without.</summary>
    [RegularExpression("auto|off", ErrorMessage = "Wyckoff:Timescale is auto or off.")]
    public string Timescale { get; set; } = "auto";

    /// <summary>Stay up and idle after success, for platforms that start again whatever exits. A failure still ends the process with 1.</summary>
    public bool StayUp { get; set; }

    /// <summary>How long to wait for a server that does not answer yet.</summary>
    [Range(typeof(TimeSpan), "00:00:00", "1.00:00:00", ErrorMessage = "Wyckoff:ServerWait is a time span from 00:00:00 to 1.00:00:00.")]
    public TimeSpan ServerWait { get; set; } = TimeSpan.FromMinutes(1);

    /// <summary>How long to wait for another migration of the same database to end.</summary>
    [Range(typeof(TimeSpan), "00:00:00", "1.00:00:00", ErrorMessage = "Wyckoff:LockWait is a time span from 00:00:00 to 1.00:00:00.")]
    public TimeSpan LockWait { get; set; } = TimeSpan.FromMinutes(10);
}
