using Npgsql;

namespace Wyckoff.MigrationService;

/// <summary>What has to be there before the first migration, and only an administrator may do: the extension, the roles, the owner and the search path.</summary>
internal static class DatabaseSetup
{
    public const string OwnerRole = "wyckoff_owner";
    public const string AppRole = "wyckoff_app";
    public const string WorkerRole = "wyckoff_worker";

    /// <summary>People in psql: reads everything, and writes bars through their view.</summary>
    public const string ConsoleRole = "wyckoff_console";

    public const string SearchPath = "account, market, wyckoff, trading, journal, prediction, audit, public";

    /// <summary>The statements, in order. Each may run again without effect. A role without a verifier keeps the password it has.</summary>
    public static IReadOnlyList<string> Statements(bool createExtension, string? appVerifier, string? workerVerifier) =>
        [
            .. createExtension ? ["CREATE EXTENSION IF NOT EXISTS timescaledb SCHEMA public"] : Array.Empty<string>(),
            // The owner may log in, because TimescaleDB's policies run as the owner of their table and need that; it has no password, so nobody can.
            Role(OwnerRole, "LOGIN"),
            Role(AppRole, "LOGIN"),
            Role(WorkerRole, "LOGIN"),
            Role("wyckoff_reader", "NOLOGIN"),
            Role(ConsoleRole, "NOLOGIN"),
            Membership(OwnerRole),
            Membership(ConsoleRole),
            // Here, because it holds for all that will ever be made, also for what the extension makes.
            $"ALTER DEFAULT PRIVILEGES FOR ROLE {OwnerRole} GRANT SELECT ON TABLES TO {ConsoleRole}",
            $"""
                DO $$ BEGIN
                  IF (SELECT datdba::regrole::text FROM pg_database WHERE datname = current_database()) <> '{OwnerRole}' THEN EXECUTE format('ALTER DATABASE %I OWNER TO {OwnerRole}', current_database()); END IF;
                  EXECUTE format('ALTER DATABASE %I SET search_path = {SearchPath}', current_database());
                END $$
                """,
            .. appVerifier is null ? Array.Empty<string>() : [$"ALTER ROLE {AppRole} PASSWORD '{appVerifier}'"],
            .. workerVerifier is null ? Array.Empty<string>() : [$"ALTER ROLE {WorkerRole} PASSWORD '{workerVerifier}'"],
        ];

    public static async Task ApplyAsync(
        NpgsqlConnection admin,
        bool createExtension,
        string? appVerifier,
        string? workerVerifier,
        CancellationToken cancellationToken
    )
    {
        foreach (var statement in Statements(createExtension, appVerifier, workerVerifier))
        {
            await ExecuteAsync(admin, statement, cancellationToken);
        }
    }

    /// <summary>The verifier to store for a role's password; null when no password is given or the role has it already.</summary>
    public static async Task<string?> NewVerifierAsync(
        NpgsqlConnection admin,
        string role,
        string? password,
        CancellationToken cancellationToken
    )
    {
        if (string.IsNullOrEmpty(password))
        {
            return null;
        }

        var stored = await StoredVerifierAsync(admin, role, cancellationToken);
        return ScramVerifier.Matches(stored, password) ? null : ScramVerifier.Create(password);
    }

    private static async Task<string?> StoredVerifierAsync(NpgsqlConnection admin, string role, CancellationToken cancellationToken)
    {
        // Only superusers may read verifiers, and managed services have none to offer. The question avoids an error in the server's log.
        await using var allowed = new NpgsqlCommand("SELECT has_table_privilege('pg_catalog.pg_authid', 'SELECT')", admin);
        if (await allowed.ExecuteScalarAsync(cancellationToken) is not true)
        {
            return null;
        }

        await using var stored = new NpgsqlCommand("SELECT rolpassword FROM pg_catalog.pg_authid WHERE rolname = $1", admin)
        {
            Parameters = { new() { Value = role } },
        };
        return await stored.ExecuteScalarAsync(cancellationToken) as string;
    }

    // Roles belong to the whole server: two databases set up at the same time meet here, where no advisory lock reaches.
    private static async Task ExecuteAsync(NpgsqlConnection admin, string statement, CancellationToken cancellationToken)
    {
        for (var attempt = 1; ; attempt++)
        {
            try
            {
                await using var command = new NpgsqlCommand(statement, admin);
                await command.ExecuteNonQueryAsync(cancellationToken);
                return;
            }
            catch (PostgresException e)
                when (attempt < 10 && e is { SqlState: PostgresErrorCodes.InternalError, MessageText: "tuple concurrently updated" })
            {
                await Task.Delay(20 * attempt, cancellationToken);
            }
        }
    }

    private static string Membership(string role) =>
        $"""
            DO $$ BEGIN
              IF NOT pg_has_role(current_user, '{role}', 'SET') THEN EXECUTE format('GRANT {role} TO %I', current_user); END IF;
            EXCEPTION WHEN invalid_parameter_value THEN -- PostgreSQL 15 knows no 'SET'
              IF NOT pg_has_role(current_user, '{role}', 'MEMBER') THEN EXECUTE format('GRANT {role} TO %I', current_user); END IF;
            END $$
            """;

    private static string Role(string name, string attribute) =>
        $"""
            DO $$ BEGIN
              IF NOT EXISTS (SELECT FROM pg_roles WHERE rolname = '{name}') THEN CREATE ROLE {name} {attribute};
              ELSIF '{attribute}' = 'LOGIN' AND NOT (SELECT rolcanlogin FROM pg_roles WHERE rolname = '{name}') THEN ALTER ROLE {name} LOGIN; END IF; -- made by an earlier version
            EXCEPTION WHEN duplicate_object OR unique_violation THEN NULL;
            END $$
            """;
}
