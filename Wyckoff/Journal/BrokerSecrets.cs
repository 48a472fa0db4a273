using System.Globalization;
using Microsoft.AspNetCore.DataProtection;
using Wyckoff.Primitives;

namespace Wyckoff.Journal;

/// <summary>
/// Encrypts and decrypts broker secrets. The keys are stored outside the database, so a dump alone reveals nothing. The account id is part
/// of the purpose, so a secret copied to the row of another account cannot be decrypted.
/// </summary>
public sealed class BrokerSecrets(IDataProtectionProvider provider)
{
    private const string Purpose = "Wyckoff.Journal.SnapTradeUser.Secret";

    public string Protect(long accountId, string secret) => Protector(accountId).Protect(Guard.Text(secret, 1024));

    /// <exception cref="System.Security.Cryptography.CryptographicException">The key is missing, or the account differs.</exception>
    public string Reveal(SnapTradeUser user) => Protector(user.UserAccountId).Unprotect(user.SnaptradeUserSecret);

    private IDataProtector Protector(long accountId) => provider.CreateProtector(Purpose, accountId.ToString(CultureInfo.InvariantCulture));
}
