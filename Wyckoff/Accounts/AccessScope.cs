namespace Wyckoff.Accounts;

/// <summary>What a key or a session may do. Each scope includes those before it.</summary>
public enum AccessScope
{
    /// <summary>Read market data and the account's own data.</summary>
    Read,

    /// <summary>Change the account's own data; for an administrator's account also market data.</summary>
    Write,

    /// <summary>Administer accounts, the waitlist and the audit trail.</summary>
    Admin,
}
