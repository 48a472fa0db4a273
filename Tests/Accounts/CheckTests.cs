namespace Wyckoff.Tests.Accounts;

public sealed class CheckTests(TestDatabase database) : IClassFixture<TestDatabase>
{
    // Table | changed columns of the valid row | check constraint that the row violates
    private const string InvalidRows = """
        account.user_accounts | external_user_id=' ' | chk_user_accounts_external_user_id
        account.user_accounts | name='  ' | chk_user_accounts_name
        account.user_accounts | email='Ann@example.org' | chk_user_accounts_email
        account.user_accounts | email='ann' | chk_user_accounts_email
        account.user_accounts | email='a@b@c' | chk_user_accounts_email
        account.user_accounts | google_id='' | chk_user_accounts_google_id
        account.user_accounts | auth_provider='facebook' | chk_user_accounts_auth_provider
        account.user_accounts | google_id=NULL | chk_user_accounts_google
        account.user_accounts | profile_picture_url='javascript:x' | chk_user_accounts_profile_picture_url
        account.user_accounts | date_of_birth='1899-12-31' | chk_user_accounts_date_of_birth
        account.user_accounts | date_of_birth='infinity' | chk_user_accounts_date_of_birth
        account.user_profiles | profile='[]' | chk_user_profiles_profile
        account.user_profiles | risk_profile='[]' | chk_user_profiles_risk_profile
        account.user_profiles | site_prefs='1' | chk_user_profiles_site_prefs
        account.user_profiles | stats='"x"' | chk_user_profiles_stats
        account.user_profiles | risk_profile='{"max_position_size_pct": 101}' | chk_user_profiles_max_position_size_pct
        account.user_profiles | risk_profile='{"max_risk_per_trade_pct": -1}' | chk_user_profiles_max_risk_per_trade_pct
        account.user_profiles | risk_profile='{"max_risk_per_trade_pct": "2"}' | chk_user_profiles_max_risk_per_trade_pct
        account.user_profiles | risk_profile='{"max_daily_loss_pct": null}' | chk_user_profiles_max_daily_loss_pct
        account.user_profiles | risk_profile='{"min_risk_reward_ratio": -0.1}' | chk_user_profiles_min_risk_reward_ratio
        account.user_profiles | risk_profile='{"max_open_positions": true}' | chk_user_profiles_max_open_positions
        account.user_profiles | risk_profile='{"stop_loss_required": "yes"}' | chk_user_profiles_stop_loss_required
        account.user_rules | rule_code='' | chk_user_rules_rule_code
        account.user_rules | evaluator='' | chk_user_rules_evaluator
        account.user_rules | parameters='[]' | chk_user_rules_parameters
        account.user_rules | parameters='{"severity": "block"}' | chk_user_rules_severity
        account.waitlist | name='' | chk_waitlist_name
        account.waitlist | email='ANN@example.org' | chk_waitlist_email
        account.waitlist | status='maybe' | chk_waitlist_status
        account.api_keys | name='' | chk_api_keys_name
        account.api_keys | prefix='abc' | chk_api_keys_prefix
        account.api_keys | key_hash='\x00' | chk_api_keys_key_hash
        account.api_keys | expires_at=now() - interval '1 day' | chk_api_keys_expires_at
        account.api_keys | revoked_at=now() - interval '1 day' | chk_api_keys_revoked_at
        account.api_keys | scope='root' | chk_api_keys_scope
        account.sessions | token_hash='\x00' | chk_sessions_token_hash
        account.sessions | expires_at=now() - interval '1 day' | chk_sessions_expires_at
        account.sessions | revoked_at=now() - interval '1 day' | chk_sessions_revoked_at
        journal.snaptrade_users | snaptrade_user_id='' | chk_snaptrade_users_snaptrade_user_id
        journal.snaptrade_users | snaptrade_user_secret='in the clear' | chk_snaptrade_users_snaptrade_user_secret
        journal.snaptrade_users | snaptrade_user_secret=repeat('x', 120) | chk_snaptrade_users_snaptrade_user_secret
        journal.broker_connections | brokerage_name='' | chk_broker_connections_brokerage_name
        journal.broker_connections | brokerage_slug='' | chk_broker_connections_brokerage_slug
        journal.broker_connections | authorization_id='' | chk_broker_connections_authorization_id
        journal.broker_connections | meta='[]' | chk_broker_connections_meta
        journal.trade_fills | symbol='aapl' | chk_trade_fills_symbol
        journal.trade_fills | side='long' | chk_trade_fills_side
        journal.trade_fills | quantity=0 | chk_trade_fills_quantity
        journal.trade_fills | quantity='NaN' | chk_trade_fills_quantity
        journal.trade_fills | price=-0.01 | chk_trade_fills_price
        journal.trade_fills | price='NaN' | chk_trade_fills_price
        journal.trade_fills | fees='NaN' | chk_trade_fills_fees
        journal.trade_fills | executed_at='infinity' | chk_trade_fills_executed_at
        journal.trade_fills | asset_type='future' | chk_trade_fills_asset_type
        journal.trade_fills | currency='usd' | chk_trade_fills_currency
        journal.trade_fills | external_trade_id='' | chk_trade_fills_external_trade_id
        journal.trade_fills | source='guessed' | chk_trade_fills_source
        journal.trade_fills | external_trade_id=NULL | chk_trade_fills_synced
        journal.trade_fills | raw_data='[]' | chk_trade_fills_raw_data
        journal.trade_fills | tags='{}' | chk_trade_fills_tags
        journal.decision_contexts | context_type='hunch' | chk_decision_contexts_context_type
        journal.decision_contexts | exit_intent='[]' | chk_decision_contexts_exit_intent
        journal.decision_contexts | feelings_then='[]' | chk_decision_contexts_feelings_then
        journal.decision_contexts | feelings_now='[]' | chk_decision_contexts_feelings_now
        journal.decision_contexts | inferred_context='[]' | chk_decision_contexts_inferred_context
        journal.campaign_checks | check_type='' | chk_campaign_checks_check_type
        journal.campaign_checks | severity='block' | chk_campaign_checks_severity
        journal.campaign_checks | severity='danger' | chk_campaign_checks_severity
        journal.campaign_checks | check_phase='never' | chk_campaign_checks_check_phase
        journal.campaign_checks | trader_action='cried';acknowledged=true | chk_campaign_checks_trader_action
        journal.campaign_checks | trader_action='proceeded' | chk_campaign_checks_acknowledged
        journal.campaign_checks | details='[]' | chk_campaign_checks_details
        journal.campaign_fills | quantity=0 | chk_campaign_fills_quantity
        journal.campaign_fills | quantity='NaN' | chk_campaign_fills_quantity
        journal.journal_entries | date='infinity' | chk_journal_entries_date
        journal.journal_entries | entry_type='' | chk_journal_entries_entry_type
        journal.journal_entries | content=' ' | chk_journal_entries_content
        journal.journal_entries | symbol='a b' | chk_journal_entries_symbol
        journal.journal_entries | tags='{}' | chk_journal_entries_tags
        journal.journal_entries | wyckoff_checklist='[]' | chk_journal_entries_wyckoff_checklist
        audit.audit_trail | event_type='' | chk_audit_trail_event_type
        audit.audit_trail | entity_type='' | chk_audit_trail_entity_type
        audit.audit_trail | actor='' | chk_audit_trail_actor
        audit.audit_trail | action='' | chk_audit_trail_action
        audit.audit_trail | metadata='[]' | chk_audit_trail_metadata
        """;

    private static readonly string[][] Cases = [.. InvalidRows.Split('\n').Select(line => line.Split(" | "))];

    public static TheoryData<string, string, string> Violations()
    {
        var data = new TheoryData<string, string, string>();
        foreach (var line in Cases)
        {
            data.Add(line[0], line[1], line[2]);
        }

        return data;
    }

    [Fact]
    public async Task The_base_rows_are_valid() =>
        Assert.Null(await ValidRows.TryAsync(database.Owner, [.. ValidRows.Tables.Select(table => ValidRows.Insert(table))]));

    [Theory]
    [MemberData(nameof(Violations))]
    public async Task An_invalid_row_violates_the_expected_check(string table, string changes, string constraint)
    {
        var before = ValidRows.Tables.TakeWhile(name => name != table).Select(name => ValidRows.Insert(name));
        var error = await ValidRows.TryAsync(database.Owner, [.. before, ValidRows.Insert(table, changes)]);
        Assert.Equal(constraint, error?.ConstraintName);
    }

    [Fact]
    public async Task Every_check_constraint_has_an_invalid_row()
    {
        var constraints = await CheckConstraints.AllAsync(database, "account", "journal", "audit");
        Assert.Equal(constraints, Cases.Select(line => line[2]).Distinct(StringComparer.Ordinal).Order(StringComparer.Ordinal));
    }
}
