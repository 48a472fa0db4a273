using System.ComponentModel.DataAnnotations;

namespace Wyckoff.ServiceDefaults;

/// <summary>How requests are authenticated: the setting <c>Wyckoff:Access</c>.</summary>
public sealed class AccessOptions
{
    public const string Section = "Wyckoff";

    [RegularExpression(AccessModes.Pattern, ErrorMessage = AccessModes.Error)]
    public string Access { get; set; } = AccessModes.Keys;

    public bool IsLocal => Access == AccessModes.Local;
}
