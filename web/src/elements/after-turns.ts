import { html, nothing } from 'lit';
import type { ChatStore } from '../state/chat-store.ts';
import type { EngineState } from '../state/engine-store.ts';
import './failure.ts';
import './full.ts';
import './pending.ts';

/** What the visitor asks for there. */
export interface AfterTurnsWishes {
  takeBack(): void;
  startAnew(): void;
  retry(): void;
}

/** What may stand at a conversation's end: a message that waits, a full context, an engine that failed. */
export function afterTurns(chat: ChatStore, engine: EngineState, wishes: AfterTurnsWishes) {
  const { pending, answering, full } = chat;
  const context = engine.kind === 'ready' ? engine.engine.info.context : 0;
  return html`
    ${
      pending === undefined
        ? nothing
        : html`<mixtab-pending
          slot="end"
          .text=${pending}
          .answering=${answering}
          @take-back=${wishes.takeBack}
        ></mixtab-pending>`
    }
    ${
      full
        ? html`<mixtab-full
          slot="end"
          .context=${context}
          @drop=${() => chat.dropOldest()}
          @anew=${wishes.startAnew}
        ></mixtab-full>`
        : nothing
    }
    ${
      engine.kind === 'failed'
        ? html`<mixtab-failure slot="end" .error=${engine.error} @retry=${wishes.retry}></mixtab-failure>`
        : nothing
    }
  `;
}
