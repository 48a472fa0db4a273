using Microsoft.EntityFrameworkCore;
using Microsoft.EntityFrameworkCore.Metadata.Builders;
using Wyckoff.Primitives;

namespace Wyckoff.Accounts;

/// <summary>The tables of schema <c>account</c>.</summary>
public static class AccountsModel
{
    public const string Schema = "account";

    // The same rule as UserAccount.IsEmail: printable ASCII without capitals, and exactly one @.
    private const string Email = "email ~ '^[!-?[-~]+@[!-?[-~]+$'";

    public static void Configure(ModelBuilder model)
    {
        Account(model.Entity<UserAccount>());
        Profile(model.Entity<UserProfile>());
        Rule(model.Entity<UserRule>());
        Waitlist(model.Entity<WaitlistEntry>());
        ApiKey(model.Entity<ApiKey>());
        Session(model.Entity<Session>());
    }

    private static void Account(EntityTypeBuilder<UserAccount> account)
    {
        account.ToTable(
            "user_accounts",
            Schema,
            table =>
            {
                table.HasComment(
                    "Who uses the platform. Made by account.sign_in() or an administrator; an app sees only the account of its transaction."
                );
                table.HasCheckConstraint("chk_user_accounts_external_user_id", "btrim(external_user_id) <> ''");
                table.HasCheckConstraint("chk_user_accounts_name", "btrim(name) <> ''");
                table.HasCheckConstraint("chk_user_accounts_email", Email);
                table.HasCheckConstraint("chk_user_accounts_google_id", "btrim(google_id) <> ''");
                table.HasCheckConstraint("chk_user_accounts_auth_provider", EnumText.Check<AuthProvider>("auth_provider"));
                table.HasCheckConstraint("chk_user_accounts_google", "auth_provider <> 'google' OR google_id IS NOT NULL");
                table.HasCheckConstraint("chk_user_accounts_profile_picture_url", "profile_picture_url ~ '^https?://'");
                table.HasCheckConstraint("chk_user_accounts_date_of_birth", "date_of_birth >= '1900-01-01' AND isfinite(date_of_birth)");
            }
        );
        account.HasKey(a => a.Id).HasName("pk_user_accounts");
        account.Property(a => a.Id).UseIdentityByDefaultColumn();
        account.Property(a => a.ExternalUserId).HasMaxLength(100).HasComment("The id by which the world outside knows the account.");
        account.Property(a => a.Name).HasMaxLength(255);
        account.Property(a => a.Email).HasMaxLength(255).HasComment("In lower case, so that unique means unique.");
        account.Property(a => a.GoogleId).HasMaxLength(255).HasComment("Google's 'sub': never reused, unlike the address.");
        account.Property(a => a.AuthProvider).HasTextEnum(50).HasDefaultValue(AuthProvider.Google);
        account.Property(a => a.ProfilePictureUrl).HasMaxLength(1024);
        account.Property(a => a.Phone).HasMaxLength(50);
        account.Property(a => a.Gender).HasMaxLength(20);
        account
            .Property(a => a.IsActive)
            .HasDefaultValue(true)
            .HasSentinel(true)
            .HasComment("A deactivated account cannot sign in; its rows stay.");
        account
            .Property(a => a.IsAdmin)
            .HasDefaultValue(false)
            .HasComment("May change market data and administer accounts, with a key of that scope or a session.");
        account.Property(a => a.CreatedAt).HasDefaultValueSql("now()");
        account.Property(a => a.UpdatedAt).HasDefaultValueSql("now()");
        account.HasIndex(a => a.ExternalUserId).IsUnique().HasDatabaseName("idx_user_accounts_external_user_id");
        account.HasIndex(a => a.Email).IsUnique().HasDatabaseName("idx_user_accounts_email");
        account.HasIndex(a => a.GoogleId).IsUnique().HasDatabaseName("idx_user_accounts_google_id");
    }

    private static void Profile(EntityTypeBuilder<UserProfile> profile)
    {
        profile.ToTable(
            "user_profiles",
            Schema,
            table =>
            {
                table.HasComment("Trading, risk and site preferences: one row per account.");
                table.HasCheckConstraint("chk_user_profiles_profile", "jsonb_typeof(profile) = 'object'");
                table.HasCheckConstraint("chk_user_profiles_risk_profile", "jsonb_typeof(risk_profile) = 'object'");
                table.HasCheckConstraint("chk_user_profiles_site_prefs", "jsonb_typeof(site_prefs) = 'object'");
                table.HasCheckConstraint("chk_user_profiles_stats", "jsonb_typeof(stats) = 'object'");
                // Compared as jsonb: other types do not sort between two numbers, a missing key gives NULL and passes, and no cast can
                // fail.
                foreach (var percentage in new[] { "max_position_size_pct", "max_risk_per_trade_pct", "max_daily_loss_pct" })
                {
                    table.HasCheckConstraint("chk_user_profiles_" + percentage, $"risk_profile -> '{percentage}' BETWEEN '0' AND '100'");
                }

                table.HasCheckConstraint(
                    "chk_user_profiles_min_risk_reward_ratio",
                    "risk_profile -> 'min_risk_reward_ratio' BETWEEN '0' AND '100000'"
                );
                table.HasCheckConstraint(
                    "chk_user_profiles_max_open_positions",
                    "risk_profile -> 'max_open_positions' BETWEEN '0' AND '100000'"
                );
                table.HasCheckConstraint(
                    "chk_user_profiles_stop_loss_required",
                    "risk_profile -> 'stop_loss_required' IN ('true', 'false')"
                );
            }
        );
        profile.HasKey(p => p.Id).HasName("pk_user_profiles");
        profile.Property(p => p.Id).UseIdentityByDefaultColumn();
        profile
            .Property(p => p.Profile)
            .HasColumnType("jsonb")
            .HasDefaultValueSql("'{}'")
            .HasComment(
                "account_balance, default_timeframes, experience_level, trading_style, primary_markets, account_size_range, "
                    + "evaluation_controls"
            );
        profile
            .Property(p => p.RiskProfile)
            .HasColumnType("jsonb")
            .HasDefaultValueSql("'{}'")
            .HasComment(
                "max_position_size_pct, max_risk_per_trade_pct, max_daily_loss_pct, min_risk_reward_ratio, max_open_positions, "
                    + "stop_loss_required"
            );
        profile
            .Property(p => p.SitePrefs)
            .HasColumnType("jsonb")
            .HasDefaultValueSql("'{}'")
            .HasComment("theme, sidebar_collapsed, notifications_enabled, language");
        profile
            .Property(p => p.Stats)
            .HasColumnType("jsonb")
            .HasDefaultValueSql("'{}'")
            .HasComment("The trader's personal baselines, as last computed.");
        profile.Property(p => p.CreatedAt).HasDefaultValueSql("now()");
        profile.Property(p => p.UpdatedAt).HasDefaultValueSql("now()");
        profile.HasIndex(p => p.UserAccountId).IsUnique().HasDatabaseName("idx_user_profiles_user_account_id");
        profile
            .HasOne<UserAccount>()
            .WithOne()
            .HasForeignKey<UserProfile>(p => p.UserAccountId)
            .OnDelete(DeleteBehavior.Cascade)
            .HasConstraintName("fk_user_profiles_account");
    }

    private static void Rule(EntityTypeBuilder<UserRule> rule)
    {
        rule.ToTable(
            "user_rules",
            Schema,
            table =>
            {
                table.HasComment("An account's own settings of the evaluators' rules.");
                table.HasCheckConstraint("chk_user_rules_rule_code", "btrim(rule_code) <> ''");
                table.HasCheckConstraint("chk_user_rules_evaluator", "btrim(evaluator) <> ''");
                table.HasCheckConstraint("chk_user_rules_parameters", "jsonb_typeof(parameters) = 'object'");
                table.HasCheckConstraint("chk_user_rules_severity", """parameters -> 'severity' IN ('"info"', '"warn"', '"critical"')""");
            }
        );
        rule.HasKey(r => r.Id).HasName("pk_user_rules");
        rule.Property(r => r.Id).UseIdentityByDefaultColumn();
        rule.Property(r => r.RuleCode).HasMaxLength(50).HasComment("Such as RS001.");
        rule.Property(r => r.Evaluator).HasMaxLength(100).HasComment("Which evaluator reads this rule.");
        rule.Property(r => r.Parameters).HasColumnType("jsonb").HasDefaultValueSql("'{}'").HasComment("Thresholds and severity.");
        rule.Property(r => r.IsEnabled).HasDefaultValue(true).HasSentinel(true);
        rule.Property(r => r.CreatedAt).HasDefaultValueSql("now()");
        rule.Property(r => r.UpdatedAt).HasDefaultValueSql("now()");
        rule.HasIndex(r => new
            {
                r.AccountId,
                r.Evaluator,
                r.RuleCode,
            })
            .IsUnique()
            .HasDatabaseName("idx_user_rules_account_id_evaluator_rule_code");
        rule.HasOne<UserAccount>()
            .WithMany()
            .HasForeignKey(r => r.AccountId)
            .OnDelete(DeleteBehavior.Cascade)
            .HasConstraintName("fk_user_rules_account");
    }

    private static void Waitlist(EntityTypeBuilder<WaitlistEntry> entry)
    {
        entry.ToTable(
            "waitlist",
            Schema,
            table =>
            {
                table.HasComment(
                    "Who asks for access. account.join_waitlist() adds entries; an administrator decides on them, and approval makes an "
                        + "account."
                );
                table.HasCheckConstraint("chk_waitlist_name", "btrim(name) <> ''");
                table.HasCheckConstraint("chk_waitlist_email", Email);
                table.HasCheckConstraint("chk_waitlist_status", EnumText.Check<WaitlistStatus>("status"));
            }
        );
        entry.HasKey(w => w.Id).HasName("pk_waitlist");
        entry.Property(w => w.Id).UseIdentityByDefaultColumn();
        entry.Property(w => w.Name).HasMaxLength(255);
        entry.Property(w => w.Email).HasMaxLength(255).HasComment("In lower case, so that unique means unique.");
        entry.Property(w => w.Status).HasTextEnum(20).HasDefaultValue(WaitlistStatus.Waiting);
        entry.Property(w => w.ReferralSource).HasMaxLength(255).HasComment("How they heard of the platform.");
        entry.Property(w => w.Notes).HasComment("The administrator's.");
        entry.Property(w => w.CreatedAt).HasDefaultValueSql("now()");
        entry.Property(w => w.UpdatedAt).HasDefaultValueSql("now()");
        entry.HasIndex(w => w.Email).IsUnique().HasDatabaseName("idx_waitlist_email");
        entry.HasIndex(w => new { w.Status, w.CreatedAt }).HasDatabaseName("idx_waitlist_status_created_at");
    }

    private static void ApiKey(EntityTypeBuilder<ApiKey> key)
    {
        key.ToTable(
            "api_keys",
            Schema,
            table =>
            {
                table.HasComment("Keys with which programs act for an account. Only hashes: a key is shown once, when it is made.");
                table.HasCheckConstraint("chk_api_keys_name", "btrim(name) <> ''");
                table.HasCheckConstraint("chk_api_keys_prefix", "prefix ~ '^wk_[A-Za-z0-9_-]{8}$'");
                table.HasCheckConstraint("chk_api_keys_key_hash", "octet_length(key_hash) = 32");
                table.HasCheckConstraint("chk_api_keys_expires_at", "expires_at > created_at");
                table.HasCheckConstraint("chk_api_keys_revoked_at", "revoked_at >= created_at");
                table.HasCheckConstraint("chk_api_keys_scope", EnumText.Check<AccessScope>("scope"));
            }
        );
        key.HasKey(k => k.Id).HasName("pk_api_keys");
        key.Property(k => k.Id).UseIdentityByDefaultColumn();
        key.Property(k => k.Name).HasMaxLength(100).HasComment("What its owner calls it.");
        key.Property(k => k.Prefix)
            .HasMaxLength(Accounts.ApiKey.PrefixLength)
            .HasComment("The first characters of the key, to tell keys apart.");
        key.Property(k => k.KeyHash).HasComment("SHA-256 of the whole key.");
        key.Property(k => k.Scope)
            .HasTextEnum(10)
            .HasDefaultValue(AccessScope.Read)
            .HasComment("read, write or admin. admin has an effect only while the account is an administrator's.");
        key.Property(k => k.ExpiresAt).HasComment("NULL: never.");
        key.Property(k => k.LastUsedAt).HasComment("To the minute.");
        key.Property(k => k.CreatedAt).HasDefaultValueSql("now()");
        key.HasIndex(k => k.KeyHash).IsUnique().HasDatabaseName("idx_api_keys_key_hash");
        key.HasIndex(k => k.AccountId).HasDatabaseName("idx_api_keys_account_id");
        key.HasOne<UserAccount>()
            .WithMany()
            .HasForeignKey(k => k.AccountId)
            .OnDelete(DeleteBehavior.Cascade)
            .HasConstraintName("fk_api_keys_account");
    }

    private static void Session(EntityTypeBuilder<Session> session)
    {
        session.ToTable(
            "sessions",
            Schema,
            table =>
            {
                table.HasComment("Browsers in which somebody has signed in. The cookie holds a random token, the table only its hash.");
                table.HasCheckConstraint("chk_sessions_token_hash", "octet_length(token_hash) = 32");
                table.HasCheckConstraint("chk_sessions_expires_at", "expires_at > created_at");
                table.HasCheckConstraint("chk_sessions_revoked_at", "revoked_at >= created_at");
            }
        );
        session.HasKey(s => s.Id).HasName("pk_sessions");
        session.Property(s => s.Id).UseIdentityByDefaultColumn();
        session.Property(s => s.TokenHash).HasComment("SHA-256 of the token in the cookie.");
        session.Property(s => s.UserAgent).HasMaxLength(300).HasComment("What the browser calls itself, so that its owner recognizes it.");
        session.Property(s => s.LastUsedAt).HasComment("To the minute.");
        session.Property(s => s.RevokedAt).HasComment("When somebody signed out; NULL: not yet.");
        session.Property(s => s.CreatedAt).HasDefaultValueSql("now()");
        session.HasIndex(s => s.TokenHash).IsUnique().HasDatabaseName("idx_sessions_token_hash");
        session.HasIndex(s => s.AccountId).HasDatabaseName("idx_sessions_account_id");
        session
            .HasOne<UserAccount>()
            .WithMany()
            .HasForeignKey(s => s.AccountId)
            .OnDelete(DeleteBehavior.Cascade)
            .HasConstraintName("fk_sessions_account");
    }
}
