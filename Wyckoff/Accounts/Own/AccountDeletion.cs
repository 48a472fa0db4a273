using System.Globalization;
using System.Security.Cryptography;
using Microsoft.AspNetCore.DataProtection;
using Microsoft.Extensions.Options;
using Npgsql;
using Wyckoff.Primitives;

namespace Wyckoff.Accounts.Own;

/// <summary>Deletes an account, once its owner has confirmed what would be deleted.</summary>
public sealed class AccountDeletion(
    NpgsqlDataSource source,
    IDataProtectionProvider protection,
    IOptions<AccountLimits> limits,
    TimeProvider time
)
{
    private const string Purpose = "Wyckoff.Accounts.Deletion";

    private readonly ITimeLimitedDataProtector _protector = protection.CreateProtector(Purpose).ToTimeLimitedDataProtector();

    /// <summary>Counts what belongs to the account, without a change.</summary>
    public Task<DeletionPlan> PlanAsync(AccountScope scope, CancellationToken cancellationToken) =>
        scope.RunAsync(
            source,
            async (transaction, token) =>
            {
                var (deleted, kept) = (new List<TableCount>(), new List<TableCount>());
                foreach (var table in await AccountTable.AllAsync(transaction.Connection!, token))
                {
                    await using var command = new NpgsqlCommand(
                        $"SELECT count(*) FROM {table.Source} WHERE {table.Owner} = account.current_id()",
                        transaction.Connection,
                        transaction
                    )
                    {
                        CommandTimeout = 0,
                    };
                    var rows = (long)(await command.ExecuteScalarAsync(token))!;
                    if (rows > 0)
                    {
                        (IsKept(table.Name) ? kept : deleted).Add(new(table.Name, rows));
                    }
                }

                // Last, because it may lock the accounts of administrators until the end of the transaction.
                return await AskAsync(transaction, isConfirmed: false, token) is { } refusal
                    ? new([], [], refusal)
                    : new DeletionPlan(deleted, kept, null);
            },
            cancellationToken
        );

    /// <summary>A confirmation for this account, and when it ends.</summary>
    public (string Token, DateTimeOffset Until) Confirmation(long accountId)
    {
        var until = time.GetUtcNow() + limits.Value.ConfirmWithin;
        return (Confirmation(accountId, until), until);
    }

    public string Confirmation(long accountId, DateTimeOffset until) => _protector.Protect(Text(accountId), until);

    public bool IsConfirmed(long accountId, string token)
    {
        try
        {
            return _protector.Unprotect(token) == Text(accountId);
        }
        catch (CryptographicException)
        {
            return false;
        }
    }

    /// <summary>Deletes the account. Returns null, or why not.</summary>
    public Task<DeletionRefusal?> DeleteAsync(AccountScope scope, CancellationToken cancellationToken) =>
        scope.RunAsync(source, (transaction, token) => AskAsync(transaction, isConfirmed: true, token), cancellationToken);

    private static async Task<DeletionRefusal?> AskAsync(
        NpgsqlTransaction transaction,
        bool isConfirmed,
        CancellationToken cancellationToken
    )
    {
        await using var command = new NpgsqlCommand("SELECT account.delete_own_account($1)", transaction.Connection, transaction)
        {
            CommandTimeout = 0,
        };
        command.Parameters.Add(new() { Value = isConfirmed });
        return await command.ExecuteScalarAsync(cancellationToken) is string refusal ? EnumText.Parse<DeletionRefusal>(refusal) : null;
    }

    /// <summary>
    /// Whether a table keeps its rows: strategies lose their owner; orders, trades and their figures are kept for years; the audit trail
    /// and logs cannot be changed. None of them names a person.
    /// </summary>
    private static bool IsKept(string table) =>
        table.StartsWith("trading.", StringComparison.Ordinal) || table.StartsWith("audit.", StringComparison.Ordinal);

    private static string Text(long accountId) => accountId.ToString(CultureInfo.InvariantCulture);
}

/// <summary>How many rows of an account a table has.</summary>
public sealed record TableCount(string Table, long Rows);

/// <summary>What a deletion deletes, and what it leaves without names; or why the account cannot be deleted.</summary>
public sealed record DeletionPlan(IReadOnlyList<TableCount> Deleted, IReadOnlyList<TableCount> Kept, DeletionRefusal? Refusal);

/// <summary>Why an account is not deleted.</summary>
public enum DeletionRefusal
{
    /// <summary>It is deleted already.</summary>
    Gone,

    /// <summary>It is the account of whoever runs the installation.</summary>
    Local,

    /// <summary>It is the last active administrator's.</summary>
    LastAdmin,
}
