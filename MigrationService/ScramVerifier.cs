using System.Globalization;
using System.Security.Cryptography;
using System.Text;

namespace Wyckoff.MigrationService;

/// <summary>Computes the SCRAM verifier that PostgreSQL stores for a password (RFC 5802, RFC 7677).</summary>
/// <remarks>The server accepts the verifier in place of the password, so the password stays out of the server's log.</remarks>
internal static class ScramVerifier
{
    /// <summary>
    /// Printable ASCII, which SASLprep does not change. Drivers treat other characters differently: Npgsql only normalizes them, libpq
    /// applies SASLprep.
    /// </summary>
    public const string PasswordPattern = "[ -~]*";

    private const string Mechanism = "SCRAM-SHA-256";

    // The defaults of PostgreSQL and libpq.
    private const int Iterations = 4096;
    private const int SaltLength = 16;

    public static string Create(string password) => Create(password, RandomNumberGenerator.GetBytes(SaltLength), Iterations);

    public static string Create(string password, byte[] salt, int iterations)
    {
        var salted = Rfc2898DeriveBytes.Pbkdf2(
            Encoding.ASCII.GetBytes(password),
            salt,
            iterations,
            HashAlgorithmName.SHA256,
            SHA256.HashSizeInBytes
        );
        var storedKey = Convert.ToBase64String(SHA256.HashData(HMACSHA256.HashData(salted, "Client Key"u8)));
        var serverKey = Convert.ToBase64String(HMACSHA256.HashData(salted, "Server Key"u8));
        var parameters = string.Create(CultureInfo.InvariantCulture, $"{iterations}:{Convert.ToBase64String(salt)}");
        return $"{Mechanism}${parameters}${storedKey}:{serverKey}";
    }

    /// <summary>True if a stored verifier belongs to this password. False for null and for other kinds of verifiers.</summary>
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
