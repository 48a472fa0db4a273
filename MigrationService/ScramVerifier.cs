using System.Globalization;
using System.Security.Cryptography;
using System.Text;

namespace Wyckoff.MigrationService;

/// <summary>What PostgreSQL stores of a password (RFC 5802 with SHA-256, RFC 7677). A server takes the verifier in place of the password, so the password stays out of its log.</summary>
internal static class ScramVerifier
{
    /// <summary>A password of printable ASCII is the same before and after SASLprep. Drivers disagree about others: Npgsql only normalizes, libpq prepares in full.</summary>
    public const string PasswordPattern = "[ -~]*";

    private const string Mechanism = "SCRAM-SHA-256";

    // As PostgreSQL and libpq do.
    private const int Iterations = 4096;
    private const int SaltLength = 16;

    public static string Create(string password) => Create(password, RandomNumberGenerator.GetBytes(SaltLength), Iterations);

    public static string Create(string password, byte[] salt, int iterations)
    {
        var salted = Rfc2898DeriveBytes.Pbkdf2(Encoding.ASCII.GetBytes(password), salt, iterations, HashAlgorithmName.SHA256, SHA256.HashSizeInBytes);
        var storedKey = SHA256.HashData(HMACSHA256.HashData(salted, "Client Key"u8));
        var serverKey = HMACSHA256.HashData(salted, "Server Key"u8);
        return string.Create(
            CultureInfo.InvariantCulture,
            $"{Mechanism}${iterations}:{Convert.ToBase64String(salt)}${Convert.ToBase64String(storedKey)}:{Convert.ToBase64String(serverKey)}");
    }

    /// <summary>Whether what a server stores was made of this password. It may be another kind of verifier, or null.</summary>
    public static bool Matches(string? stored, string password)
    {
        if (stored?.Split('$') is not [Mechanism, var parameters, _] || parameters.Split(':') is not [var iterations, var salt])
        {
            return false;
        }

        var expected = Create(password, Convert.FromBase64String(salt), int.Parse(iterations, CultureInfo.InvariantCulture));
        return CryptographicOperations.FixedTimeEquals(Encoding.ASCII.GetBytes(expected), Encoding.ASCII.GetBytes(stored));
    }
}
