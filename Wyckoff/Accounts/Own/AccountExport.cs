using System.Data;
using System.IO.Compression;
using System.Text;
using System.Text.Json;
using Npgsql;

namespace Wyckoff.Accounts.Own;

/// <summary>
/// Writes everything that belongs to an account into a zip archive: each table as CSV, and as JSON too if it has nested values. All of it
/// is from one instant.
/// </summary>
public sealed class AccountExport(NpgsqlDataSource source, TimeProvider time)
{
    private const string Note =
        "Each table is a CSV file (RFC 4180, UTF-8, times in UTC, no value for NULL); one with nested values is also a JSON file. Values "
        + "are as stored, so a spreadsheet may take one that begins with = + - or @ for a formula: import the columns as text. Columns "
        + "with secrets are left out; 'hidden' names them.";

    private static readonly JsonSerializerOptions Indented = new(JsonSerializerDefaults.Web) { WriteIndented = true };

    /// <param name="scope">The account.</param>
    /// <param name="open">Opens the stream for the archive, once the database has answered.</param>
    /// <param name="cancellationToken">Ends the work.</param>
    public async Task WriteAsync(AccountScope scope, Func<Stream> open, CancellationToken cancellationToken)
    {
        await using var connection = await source.OpenConnectionAsync(cancellationToken);
        await using var transaction = await connection.BeginTransactionAsync(IsolationLevel.RepeatableRead, cancellationToken);
        await ExecuteAsync(
            connection,
            "SET TRANSACTION READ ONLY; SET LOCAL TimeZone = 'UTC'; SET LOCAL DateStyle = 'ISO'",
            cancellationToken
        );
        await scope.EnterAsync(transaction, cancellationToken);
        var tables = await AccountTable.AllAsync(connection, cancellationToken);
        await using var zip = await ZipArchive.CreateAsync(
            open(),
            ZipArchiveMode.Create,
            leaveOpen: true,
            Encoding.UTF8,
            cancellationToken
        );
        var files = new List<object>();
        foreach (var table in tables)
        {
            var name = table.Name.Replace('.', '/');
            await WriteAsync(zip, name + ".csv", file => CopyAsync(connection, table, file, cancellationToken), cancellationToken);
            if (table.IsNested)
            {
                await WriteAsync(
                    zip,
                    name + ".json",
                    file => WriteJsonAsync(connection, table, file, cancellationToken),
                    cancellationToken
                );
            }

            files.Add(
                new
                {
                    table.Name,
                    File = name + ".csv",
                    Json = table.IsNested ? name + ".json" : null,
                    table.Hidden,
                }
            );
        }

        var contents = new
        {
            Account = scope.AccountId,
            ExportedAt = time.GetUtcNow(),
            Note,
            Tables = files,
        };
        await WriteAsync(
            zip,
            "contents.json",
            file => JsonSerializer.SerializeAsync(file, contents, Indented, cancellationToken),
            cancellationToken
        );
    }

    private async Task WriteAsync(ZipArchive zip, string name, Func<Stream, Task> write, CancellationToken cancellationToken)
    {
        var entry = zip.CreateEntry(name, CompressionLevel.Fastest);
        entry.LastWriteTime = time.GetUtcNow();
        await using var file = await entry.OpenAsync(cancellationToken);
        await write(file);
    }

    /// <summary>COPY writes CSV whose lines end with LF; everything else is as RFC 4180 says.</summary>
    private static async Task CopyAsync(NpgsqlConnection connection, AccountTable table, Stream file, CancellationToken cancellationToken)
    {
        await using var copy = await connection.BeginTextExportAsync(
            $"COPY ({table.Sql}) TO STDOUT (FORMAT csv, HEADER)",
            cancellationToken
        );
        await using var writer = new StreamWriter(file, leaveOpen: true);
        var characters = new char[16 << 10];
        while (await copy.ReadAsync(characters, cancellationToken) is var read and > 0)
        {
            await writer.WriteAsync(characters.AsMemory(0, read), cancellationToken);
        }
    }

    private static async Task WriteJsonAsync(
        NpgsqlConnection connection,
        AccountTable table,
        Stream file,
        CancellationToken cancellationToken
    )
    {
        await using var command = new NpgsqlCommand($"SELECT to_json(exported)::text FROM ({table.Sql}) AS exported", connection);
        await using var reader = await command.ExecuteReaderAsync(CommandBehavior.SequentialAccess, cancellationToken);
        await using var writer = new StreamWriter(file, leaveOpen: true);
        var separator = "[\n";
        while (await reader.ReadAsync(cancellationToken))
        {
            await writer.WriteAsync(separator);
            await writer.WriteAsync(reader.GetString(0));
            separator = ",\n";
        }

        await writer.WriteAsync(separator[0] == '[' ? "[]\n" : "\n]\n");
    }

    private static async Task ExecuteAsync(NpgsqlConnection connection, string sql, CancellationToken cancellationToken)
    {
        await using var command = new NpgsqlCommand(sql, connection);
        await command.ExecuteNonQueryAsync(cancellationToken);
    }
}
