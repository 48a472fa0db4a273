namespace Wyckoff.ServiceDefaults;

/// <summary>The values of the setting <c>Wyckoff:Access</c>.</summary>
public static class AccessModes
{
    public const string Key = "Wyckoff:Access";

    /// <summary>Every request acts for the local account. Only for loopback.</summary>
    public const string Local = "local";

    /// <summary>Requests need a key or a session.</summary>
    public const string Keys = "keys";

    public const string Pattern = Local + "|" + Keys;
    public const string Error = Key + " is local or keys.";
}
