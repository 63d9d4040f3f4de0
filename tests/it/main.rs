//! Drives the program through its two boundaries without a window: the binary `attune`, as scripts
//! use it, and the commands of `app`, as every host calls them.

#[cfg(test)]
mod banking;
#[cfg(test)]
mod check;
#[cfg(test)]
mod estimate;
#[cfg(test)]
mod fake_sdk;
#[cfg(test)]
mod far_answers;
#[cfg(test)]
mod far_command;
#[cfg(test)]
mod far_memory;
#[cfg(test)]
mod far_polling;
#[cfg(test)]
mod far_uploads;
#[cfg(test)]
mod far_wishes;
#[cfg(test)]
mod invoices;
#[cfg(test)]
mod killed;
#[cfg(test)]
mod models;
#[cfg(test)]
mod money;
#[cfg(test)]
mod order_sequences;
#[cfg(test)]
mod orders;
#[cfg(test)]
mod own_rates;
#[cfg(test)]
mod paused;
#[cfg(test)]
mod pays;
#[cfg(test)]
mod refusals;
#[cfg(test)]
mod sdk;
#[cfg(test)]
mod serve;
#[cfg(test)]
mod service_options;
#[cfg(test)]
mod services;
#[cfg(test)]
mod support;
#[cfg(test)]
mod through_app;
#[cfg(test)]
mod tokenizers;
#[cfg(test)]
mod train;
#[cfg(test)]
mod work;
