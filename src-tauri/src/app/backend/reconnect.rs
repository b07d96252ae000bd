//! The backend's part for settings that change during a conversation and are sent with the setup: the conversation connects
//! again with them, to the same partner.

use std::sync::Arc;

use conversation::{Command, Event};

use super::Task;
use crate::config::profile;
use crate::contract::{Phase, Settings, UiEvent};

impl Task {
    /// Connects again with the settings as they are now.
    pub(super) async fn reconnect(&mut self) {
        let Some(applied) = self.state.applied.as_deref().filter(|_| self.state.phase != Phase::Ended) else {
            return;
        };
        let settings = with_partner_of(applied, self.state.settings.clone());
        let mut setup = profile::setup(&settings, &self.catalogue);
        setup.model = format!("{}{}", self.model_prefix, setup.model);
        let save_silence = settings.save_silence == Some(true);
        self.asked = Some(Box::new(settings));
        let (functions, _) = self.functions_now(&self.secrets.clone().unwrap_or_default());
        self.tools.ask_for(Arc::clone(&functions));
        self.send(Command::Functions(functions)).await;
        self.send(Command::Reconfigure { setup: Box::new(setup), save_silence }).await;
    }

    /// What became of it: before the window hears of it.
    pub(super) fn note_reconnect(&mut self, event: &Event) {
        match event {
            Event::Reconfigured(_) => {
                let Some(settings) = self.asked.take() else { return };
                let mut conversation = self.state.conversation.clone();
                if let Some(info) = &mut conversation {
                    let setup = profile::setup(&settings, &self.catalogue);
                    info.voice = setup.voice.unwrap_or_default();
                    (info.model, info.push_to_talk) = (setup.model, setup.manual_activity);
                }
                self.tools.are_taken();
                self.emit(UiEvent::Applied { settings });
                self.emit(UiEvent::Conversation { conversation });
            }
            Event::ReconfigurationRefused(_) => self.asked = None,
            _ => {}
        }
    }
}

/// These settings with the partner of the running conversation: what was said to it is not told to another one.
fn with_partner_of(applied: &Settings, settings: Settings) -> Settings {
    let Settings {
        endpoint, vertex_project, vertex_location, proxy, think_url, think_model, recogniser, ..
    } = applied.clone();
    Settings {
        endpoint,
        vertex_project,
        vertex_location,
        proxy,
        think_url,
        think_model,
        recogniser,
        ..settings
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn another_partner_waits_for_the_next_start() {
        let applied = Settings { endpoint: Some("practice".into()), ..Settings::default() };
        let settings = Settings {
            endpoint: Some("wss://live.example".into()),
            think_url: Some("https://models.example/v1".into()),
            voice: Some("Kore".into()),
            ..Settings::default()
        };
        let with = with_partner_of(&applied, settings);
        assert_eq!((with.endpoint.as_deref(), with.think_url), (Some("practice"), None));
        assert_eq!(with.voice.as_deref(), Some("Kore"));
    }
}
