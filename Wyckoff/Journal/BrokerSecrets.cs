using System.Globalization;
using Microsoft.AspNetCore.DataProtection;
using Wyckoff.Primitives;

namespace Wyckoff.Journal;

/// <summary>
/// Brokers' secrets on their way into and out of the database. The keys lie outside of it, so a dump alone reveals nothing; the account is part of the purpose, so
/// a secret copied to another account's row does not open there.
/// </summary>
public sealed class BrokerSecrets(IDataProtectionProvider provider)
{
    private const string Purpose = "Wyckoff.Journal.SnapTradeUser.Secret";

    public string Protect(long accountId, string secret) => Protector(accountId).Protect(Guard.Text(secret, 1024));

    /// <exception cref="System.Security.Cryptography.CryptographicException">The keys are gone, or the secret is another account's.</exception>
    public string Reveal(SnapTradeUser user) => Protector(user.UserAccountId).Unprotect(user.SnaptradeUserSecret);

    private IDataProtector Protector(long accountId) => provider.CreateProtector(Purpose, accountId.ToString(CultureInfo.InvariantCulture));
}
