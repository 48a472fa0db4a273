using System.Data.Common;

namespace Wyckoff.AppHost.Embedded;

internal static class ConnectionStrings
{
    /// <summary>The same database as another user.</summary>
    public static string As(string connectionString, string user, string password)
    {
        var builder = new DbConnectionStringBuilder { ConnectionString = connectionString };
        foreach (var synonym in (string[])["User ID", "User Id", "UserId", "UID", "User", "User Name", "PSW", "Pwd"])
        {
            builder.Remove(synonym);
        }

        builder["Username"] = user;
        builder["Password"] = password;
        return builder.ConnectionString;
    }
}
