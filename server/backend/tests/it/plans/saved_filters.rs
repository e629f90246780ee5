//! Filters that people keep: one's own alone, once each, never overwritten unseen, audited.

use super::list::somebody;
use super::{World, on_both};
use backend::testing::{TestBackend, actor};
use domain::access::Standing;
use domain::view::PlanFilter;
use domain::{AppError, SavedFilterId};
use uuid::Uuid;

fn field(error: AppError) -> String {
    match error {
        AppError::Invalid { fields } => fields[0].field.clone(),
        other => other.code().to_owned(),
    }
}

on_both! {
    async fn a_filter_is_kept_changed_and_removed(mut world: World) {
        let ada = somebody(&world.slipway).await;
        let slipway = &world.slipway;
        let errors = PlanFilter::parse("status=errors&target=Production");
        let saved = slipway.save_filter(&ada, " Broken in Production ", &errors).await.unwrap();
        assert_eq!((saved.name.as_str(), &saved.filter, saved.revision), ("Broken in Production", &errors, 1));
        // Twice is once; another content under the name is not taken.
        assert_eq!(slipway.save_filter(&ada, "broken in production", &errors).await.unwrap(), saved);
        let mine = PlanFilter::parse("by=ada");
        let refused = slipway.save_filter(&ada, "BROKEN in Production", &mine).await;
        assert_eq!(field(refused.unwrap_err()), "name");
        let second = slipway.save_filter(&ada, "Mine", &mine).await.unwrap();
        let all = slipway.list_saved_filters(&ada).await.unwrap();
        assert_eq!(all, [saved.clone(), second.clone()]);
        // A change names the revision it saw.
        let changed = slipway.change_filter(&ada, second.id, 1, "My plans", &mine).await.unwrap();
        assert_eq!((changed.name.as_str(), changed.revision), ("My plans", 2));
        let late = slipway.change_filter(&ada, second.id, 1, "Ours", &mine).await;
        assert_eq!(late.unwrap_err().code(), "stale");
        // What is so already is no change, whoever asks late.
        let again = slipway.change_filter(&ada, second.id, 1, "My plans", &mine).await.unwrap();
        assert_eq!(again, changed);
        let refused = slipway.change_filter(&ada, second.id, 2, "Broken in production", &mine).await;
        assert_eq!(field(refused.unwrap_err()), "name");
        slipway.delete_filter(&ada, second.id).await.unwrap();
        slipway.delete_filter(&ada, second.id).await.unwrap();
        assert_eq!(slipway.list_saved_filters(&ada).await.unwrap(), [saved]);
        let actions: Vec<String> = slipway
            .list_audit()
            .await
            .into_iter()
            .map(|entry| entry.action)
            .filter(|action| action.starts_with("plan_filter"))
            .collect();
        assert_eq!(
            actions,
            ["plan_filter_saved", "plan_filter_saved", "plan_filter_changed", "plan_filter_deleted"]
        );
    }

    async fn nobody_sees_or_changes_the_filters_of_others(mut world: World) {
        let ada = somebody(&world.slipway).await;
        let slipway = &world.slipway;
        let filter = PlanFilter::parse("by=ada");
        let saved = slipway.save_filter(&ada, "Mine", &filter).await.unwrap();
        let other = actor(Standing::Administrator);
        assert!(slipway.list_saved_filters(&other).await.unwrap().is_empty());
        let refused = slipway.change_filter(&other, saved.id, 1, "Ours", &filter).await;
        assert_eq!(refused.unwrap_err().code(), "not_found");
        slipway.delete_filter(&other, saved.id).await.unwrap();
        assert_eq!(slipway.list_saved_filters(&ada).await.unwrap(), [saved]);
        // Who has no account keeps nothing.
        let refused = slipway.save_filter(&other, "Mine", &filter).await;
        assert_eq!(refused.unwrap_err().code(), "not_found");
    }

    async fn what_is_no_filter_or_no_name_is_refused(mut world: World) {
        let ada = somebody(&world.slipway).await;
        let slipway = &world.slipway;
        let nothing = PlanFilter::default();
        assert_eq!(field(slipway.save_filter(&ada, "x", &nothing).await.unwrap_err()), "filter");
        let filter = PlanFilter::parse("by=ada");
        for name in ["", "  ", &"x".repeat(51), "a\u{202e}b"] {
            assert_eq!(field(slipway.save_filter(&ada, name, &filter).await.unwrap_err()), "name");
        }
        let days = PlanFilter::parse("started-from=2026-11-20&started-to=2026-11-13");
        assert_eq!(field(slipway.save_filter(&ada, "x", &days).await.unwrap_err()), "started");
        for number in 0..50 {
            slipway.save_filter(&ada, &format!("n{number}"), &filter).await.unwrap();
        }
        let many = slipway.save_filter(&ada, "one more", &filter).await;
        assert_eq!(many.unwrap_err().code(), "too_many_filters");
        let gone = SavedFilterId(Uuid::from_u128(7));
        let missing = slipway.change_filter(&ada, gone, 1, "x", &filter).await;
        assert_eq!(missing.unwrap_err().code(), "not_found");
    }
}
