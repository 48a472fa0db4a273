namespace Wyckoff.Tests.Accounts;

public sealed class ForeignKeyTests(TestDatabase database) : IClassFixture<TestDatabase>
{
    private static readonly string[] AllRows =
    [
        .. ValidRows.Tables.Where(table => table != "audit.audit_trail").Select(table => ValidRows.Insert(table)),
    ];

    [Fact]
    public async Task Deleting_an_account_deletes_all_its_rows_including_the_ledger()
    {
        var error = await ValidRows.TryAsync(
            database.Owner,
            [
                .. AllRows,
                "DELETE FROM account.user_accounts", // this one, and the local account that MigrationService makes
                .. ValidRows
                    .Tables.Where(table => table is not "account.waitlist" and not "audit.audit_trail")
                    .Select(table => $"DO $$ BEGIN ASSERT NOT EXISTS (SELECT FROM {table}), '{table} has rows left'; END $$"),
                """
                DO $$ BEGIN
                  ASSERT EXISTS (SELECT FROM audit.audit_trail WHERE event_type = 'trade_fill.deleted'),
                         'the deletion of the ledger is not audited';
                END $$
                """,
            ]
        );
        Assert.Null(error);
    }

    [Theory]
    [InlineData("DELETE FROM journal.trade_fills")]
    [InlineData("DELETE FROM journal.broker_connections")]
    [InlineData("DELETE FROM journal.snaptrade_users")]
    [InlineData("UPDATE journal.trade_fills SET price = 1")]
    [InlineData("UPDATE journal.trade_fills SET id = 101")]
    [InlineData("TRUNCATE journal.trade_fills CASCADE")]
    [InlineData("TRUNCATE account.user_accounts CASCADE")]
    [InlineData("INSERT INTO journal.trade_fills SELECT * FROM journal.trade_fills ON CONFLICT (id) DO UPDATE SET price = 1")]
    public async Task The_ledger_refuses_changes_even_by_the_owner_role(string statement) =>
        Assert.Equal("23001", (await ValidRows.TryAsync(database.Owner, [.. AllRows, statement]))?.SqlState);

    [Fact]
    public async Task Deleting_a_SnapTrade_user_deletes_its_connections_without_fills() =>
        Assert.Null(
            await ValidRows.TryAsync(
                database.Owner,
                [
                    .. AllRows.Take(7),
                    "DELETE FROM journal.snaptrade_users WHERE id = 100",
                    "DO $$ BEGIN ASSERT NOT EXISTS (SELECT FROM journal.broker_connections); END $$",
                ]
            )
        );

    [Fact]
    public async Task Deleting_a_decision_deletes_its_checks_and_keeps_the_fill() =>
        Assert.Null(
            await ValidRows.TryAsync(
                database.Owner,
                [
                    .. AllRows,
                    "DELETE FROM journal.decision_contexts WHERE id = 100",
                    """
                    DO $$ BEGIN
                      ASSERT NOT EXISTS (SELECT FROM journal.campaign_checks);
                      ASSERT EXISTS (SELECT FROM journal.trade_fills);
                    END $$
                    """,
                ]
            )
        );

    [Theory]
    [InlineData("account.user_profiles", "id=101", "idx_user_profiles_user_account_id")]
    [InlineData("account.user_rules", "id=101", "idx_user_rules_account_id_evaluator_rule_code")]
    [InlineData("account.waitlist", "id=101", "idx_waitlist_email")]
    [InlineData("account.api_keys", "id=101", "idx_api_keys_key_hash")]
    [InlineData("account.user_accounts", "id=101;email='b@x';google_id='b'", "idx_user_accounts_external_user_id")]
    [InlineData("account.user_accounts", "id=101;external_user_id='b';google_id='b'", "idx_user_accounts_email")]
    [InlineData("account.user_accounts", "id=101;external_user_id='b';email='b@x'", "idx_user_accounts_google_id")]
    [InlineData("journal.snaptrade_users", "id=101;snaptrade_user_id='b'", "idx_snaptrade_users_user_account_id")]
    [InlineData("journal.broker_connections", "id=101", "idx_broker_connections_authorization_id")]
    [InlineData("journal.trade_fills", "id=101", "idx_trade_fills_account_id_external_trade_id")]
    [InlineData("journal.decision_contexts", "id=101", "idx_decision_contexts_account_id_fill_id")]
    [InlineData("journal.campaign_fills", "id=101", "idx_campaign_fills_account_id_group_id_fill_id")]
    public async Task A_duplicate_violates_the_unique_index(string table, string changes, string constraint) =>
        Assert.Equal(constraint, await ViolatedConstraintAsync(table, changes));

    [Theory]
    [InlineData("journal.broker_connections", "id=101;authorization_id='b';snaptrade_user_id=999", "fk_broker_connections_snaptrade_user")]
    [InlineData("journal.trade_fills", "id=101;external_trade_id='b';broker_connection_id=999", "fk_trade_fills_broker_connection")]
    [InlineData("journal.decision_contexts", "id=101;fill_id=999", "fk_decision_contexts_fill")]
    [InlineData("journal.campaign_checks", "id=101;decision_context_id=999", "fk_campaign_checks_decision_context")]
    [InlineData("journal.campaign_fills", "id=101;fill_id=999", "fk_campaign_fills_fill")]
    [InlineData("journal.campaign_fills", "id=101;group_id=999", "fk_campaign_fills_group")]
    [InlineData("account.user_rules", "id=101;account_id=999", "fk_user_rules_account")]
    [InlineData("account.api_keys", "id=101;account_id=999;key_hash=decode(repeat('cd', 32), 'hex')", "fk_api_keys_account")]
    [InlineData("journal.journal_entries", "id=101;account_id=999", "fk_journal_entries_account")]
    public async Task A_dangling_reference_violates_the_foreign_key(string table, string changes, string constraint) =>
        Assert.Equal(constraint, await ViolatedConstraintAsync(table, changes));

    private async Task<string?> ViolatedConstraintAsync(string table, string changes) =>
        (await ValidRows.TryAsync(database.Owner, [.. AllRows, ValidRows.Insert(table, changes)]))?.ConstraintName;
}
