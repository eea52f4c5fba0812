-- Since when the secret before the present one is known to the person who was shown it.

alter table access.api_keys add column previous_shown_at timestamptz;

comment on column access.api_keys.previous_shown_at is
    'When the secret before the present one was shown; null: when the key was made.';
